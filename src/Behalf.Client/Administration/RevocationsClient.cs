using System.Runtime.CompilerServices;
using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>One entry of the ledger: an account that was stopped, and what became of its token at the provider.</summary>
/// <param name="Number">Its place in the environment's ledger; grows, with gaps.</param>
/// <param name="Identifier">Empty when the account's user is no longer known.</param>
/// <param name="Generation">Of the credential that was stopped; 0: there was none.</param>
/// <param name="FinishedAt">Null: the provider has not confirmed yet.</param>
/// <param name="Proof">
/// Such as <c>provider_status_200</c>, <c>not_revoked_shared_grant</c>, <c>nothing_to_revoke</c> or
/// <c>given_up_after_72_hours</c>.
/// </param>
/// <param name="Attempts">Requests to the provider that did not succeed so far.</param>
public sealed record Revocation(
    ulong Number,
    string EnvironmentId,
    string AccountId,
    string Identifier,
    string ConnectionName,
    ulong Generation,
    DateTimeOffset? StoppedAt,
    DateTimeOffset? FinishedAt,
    string Proof,
    uint Attempts,
    DateTimeOffset? NextAttemptAt
);

/// <summary>Each given condition narrows.</summary>
public sealed record RevocationQuery
{
    public string? Identifier { get; init; }

    public string? ConnectionName { get; init; }

    /// <value>Only those that wait for the provider.</value>
    public bool IsPending { get; init; }
}

/// <summary>Stops the accounts of a connection or an environment, and reads the ledger of all that were stopped.</summary>
public sealed class RevocationsClient
{
    private const uint PageSize = 500;

    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;
    private readonly string _environment;

    internal RevocationsClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
        _environment = environment;
    }

    /// <summary>Stops and revokes every connected account of a connection; broken off, it is simply done again.</summary>
    /// <returns>The accounts that were stopped, in bundles as they are.</returns>
    public IAsyncEnumerable<RevokedAccount> RevokeConnectionAsync(
        string connectionName,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        return RevokeAsync(connectionName, cancellationToken);
    }

    /// <summary>
    /// Stops and revokes every connected account of the environment and ends all users' tokens; needs the operator
    /// credential.
    /// </summary>
    /// <returns>The accounts that were stopped, in bundles as they are.</returns>
    public IAsyncEnumerable<RevokedAccount> RevokeEnvironmentAsync(CancellationToken cancellationToken = default) =>
        RevokeAsync("", cancellationToken);

    /// <summary>Every entry that fits, oldest first.</summary>
    public IAsyncEnumerable<Revocation> ListAsync(
        RevocationQuery? query = null,
        CancellationToken cancellationToken = default
    ) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListRevocationsRequest
                {
                    Environment = _environment,
                    Identifier = query?.Identifier ?? "",
                    Connection = query?.ConnectionName ?? "",
                    Pending = query?.IsPending ?? false,
                    PageSize = PageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(
                        options => _administration.ListRevocationsAsync(request, options),
                        token
                    )
                    .ConfigureAwait(false);
                return (response.Revocations.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    private async IAsyncEnumerable<RevokedAccount> RevokeAsync(
        string connection,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var request = new RevokeAccountsRequest { Environment = _environment, Connection = connection };
        RevokeAccountsResponse response;
        do
        {
            response = await _rpc.CallAsync(
                    options => _administration.RevokeAccountsAsync(request, options),
                    cancellationToken
                )
                .ConfigureAwait(false);
            foreach (var account in response.Accounts)
            {
                yield return UsersClient.Read(account);
            }
        } while (response.More);
    }

    private static Revocation Read(Behalf.Wire.Administration.Revocation entry) =>
        new(
            entry.Number,
            entry.EnvironmentId,
            entry.AccountId,
            entry.Identifier,
            entry.Connection,
            entry.Generation,
            Instant.Read(entry.StoppedAt),
            Instant.Read(entry.FinishedAt),
            entry.Proof,
            entry.Attempts,
            Instant.Read(entry.NextAttemptAt)
        );
}
