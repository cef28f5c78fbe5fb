using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Authorization;

/// <summary>Reads what was stopped and what became of it; for those who manage the environment.</summary>
internal sealed class RevocationLedger(IRevocationStore store)
{
    public async Task<Result<IReadOnlyList<RevocationEntry>>> ReadAsync(
        Principal principal,
        RevocationFilter filter,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        if (!principal.Manages(filter.Environment))
        {
            return Problem.Forbidden("not_allowed", "This credential may not read the revocation ledger here.");
        }

        RevocationFilter within = Within(filter, principal.Limits);
        RevocationEntry[] entries = [.. await store.LedgerAsync(within, after, limit, cancellationToken)];
        return entries;
    }

    private static RevocationFilter Within(RevocationFilter filter, CredentialLimits limits) =>
        limits.Connections is not { } allowed
            ? filter
            : filter with
            {
                Connections = filter.Connections is { } asked ? [.. asked.Where(allowed.Contains)] : [.. allowed],
            };
}
