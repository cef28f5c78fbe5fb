using Behalf.Audit;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Grants;

/// <summary>What one person allowed, as the person sees and ends it: by client.</summary>
internal sealed class OwnGrants(IOwnGrantStore store)
{
    private const string Reason = "ended_by_person";

    /// <summary>A grant from before the person signed out everywhere lets nobody in and is not shown.</summary>
    public async Task<IReadOnlyList<AllowedClient>> ListAsync(BrowserUser user, CancellationToken cancellationToken) =>
        [
            .. (await store.ListAsync(user.Environment, user.Identifier, cancellationToken))
                .Where(grant => grant.Epoch == user.Epoch)
                .GroupBy(grant => grant.Client)
                .Select(grants => new AllowedClient(
                    grants.Key,
                    grants.Last().ClientId,
                    grants.Last().ClientName,
                    grants.Aggregate(ScopeSet.Empty, (scopes, grant) => scopes.Union(grant.Scopes)),
                    grants.Min(grant => grant.CreatedAt),
                    grants.Max(grant => grant.ExpiresAt)
                ))
                .OrderBy(client => client.Name, StringComparer.OrdinalIgnoreCase),
        ];

    public Task<bool> EndAsync(BrowserUser user, OAuthClientId client, CancellationToken cancellationToken) =>
        store.EndAsync(
            user.Environment,
            user.Identifier,
            client,
            Reason,
            Traces.Of(
                new AuditDraft
                {
                    Environment = user.Environment,
                    Kind = AuditKind.Admin,
                    Action = "grant.ended",
                    Identifier = user.Identifier.Value,
                    Principal = user.Identifier.Value,
                    Outcome = CallOutcomes.Success,
                    Detail = $"client {client} {Reason}",
                }
            ),
            cancellationToken
        );
}

/// <summary>A client that may act for a person now.</summary>
/// <param name="Scopes">Of all its grants together.</param>
/// <param name="Until">When the last of them ends if it is not used.</param>
public sealed record AllowedClient(
    OAuthClientId Client,
    string ClientId,
    string Name,
    ScopeSet Scopes,
    DateTimeOffset Since,
    DateTimeOffset Until
);

/// <summary>A grant as a list for its person needs it.</summary>
public sealed record OwnGrant(
    OAuthClientId Client,
    string ClientId,
    string ClientName,
    UserEpoch Epoch,
    ScopeSet Scopes,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt
);

public interface IOwnGrantStore
{
    /// <summary>Exchanged, neither ended nor expired (database time); the oldest first.</summary>
    Task<IReadOnlyList<OwnGrant>> ListAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    /// <summary>From now on no call starts on any grant of the client, and its consent is forgotten.</summary>
    /// <returns>False: there was nothing of either, and nothing is left.</returns>
    Task<bool> EndAsync(
        EnvironmentId environment,
        Identifier identifier,
        OAuthClientId client,
        string reason,
        Traces traces,
        CancellationToken cancellationToken
    );
}
