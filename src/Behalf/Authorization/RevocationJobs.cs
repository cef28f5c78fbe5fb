using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Egress;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>Makes revocation jobs: a token on its way out, sealed under a key of its own that only <see cref="Revoker"/> opens.</summary>
internal sealed class RevocationJobs(
    IRevocationStore store,
    IConnectorCatalog catalog,
    IVault vault,
    TokenEndpoint endpoint,
    WorkSignal signal,
    IOptions<BehalfOptions> options,
    TimeProvider time
)
{
    public const string RefreshToken = "refresh_token";
    public const string AccessToken = "access_token";

    public async ValueTask<RevocationJob?> PrepareAsync(
        SealedCredential? credential,
        Connection connection,
        string? providerUserKey,
        CancellationToken cancellationToken
    )
    {
        if (credential is null)
        {
            return null;
        }

        ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
        bool takesRefresh = definition.OAuth.RevokeToken == RefreshToken;
        try
        {
            using Secret? token = takesRefresh ? vault.OpenRefresh(credential) : vault.OpenAccess(credential);
            return token is null
                ? null
                : Seal(
                    credential.Key.Environment,
                    credential.Key.Account,
                    token,
                    connection,
                    takesRefresh,
                    providerUserKey
                );
        }
        catch (SealBrokenException)
        {
            return null; // what cannot be opened cannot be revoked, and must not keep a user from stopping it
        }
    }

    /// <summary>For a stored or refreshed pair that no account may use any more.</summary>
    public async Task AddAsync(
        EnvironmentId environment,
        AccountId account,
        SealedCredential credential,
        Connection connection,
        string? providerUserKey
    )
    {
        RevocationJob? job = await PrepareAsync(credential, connection, providerUserKey, CancellationToken.None);
        await AddAsync(job);
    }

    public Task AddAsync(
        ConnectedAccount account,
        SealedCredential old,
        Connection connection,
        string? providerUserKey
    ) => AddAsync(account.Environment, account.Id, old, connection, providerUserKey);

    /// <summary>For tokens just received that never became a credential.</summary>
    public Task AddAsync(
        EnvironmentId environment,
        AccountId account,
        TokenSet tokens,
        Connection connection,
        OAuthProfile profile,
        string? providerUserKey
    )
    {
        bool takesRefresh = profile.RevokeToken == RefreshToken;
        Secret? token = takesRefresh ? tokens.RefreshToken : tokens.AccessToken;
        return AddAsync(
            token is null ? null : Seal(environment, account, token, connection, takesRefresh, providerUserKey)
        );
    }

    /// <summary>For tokens in hand while nothing can be stored: one attempt, whose outcome nobody can record.</summary>
    public async Task<EgressOutcome?> RevokeNowAsync(FlowContext context, TokenSet tokens)
    {
        bool takesRefresh = context.Profile.RevokeToken == RefreshToken;
        Secret? token = takesRefresh ? tokens.RefreshToken : tokens.AccessToken;
        return token is null || OAuthEndpoints.Revoke(context.Connection, context.Profile) is null
            ? null
            : await endpoint.RevokeAsync(
                context.Connection,
                context.Profile,
                token,
                null,
                options.Value.TokenRequestTimeout,
                CancellationToken.None
            );
    }

    private async Task AddAsync(RevocationJob? job)
    {
        if (job is not null)
        {
            await store.AddAsync(job, Traces.None, CancellationToken.None);
            signal.Wake();
        }
    }

    private RevocationJob Seal(
        EnvironmentId environment,
        AccountId account,
        Secret token,
        Connection connection,
        bool isRefreshToken,
        string? providerUserKey
    )
    {
        RevocationJobId id = EntityId.New<RevocationJobId>(time);
        AccountKey key = vault.CreateAccountKey(environment, account);
        return new RevocationJob
        {
            Environment = environment,
            Id = id,
            Account = account,
            Connection = connection.Id,
            Key = key,
            TokenSealed = vault.Seal(key, Place(environment, connection.Id, id), token),
            TokenKind = isRefreshToken ? RefreshToken : AccessToken,
            ProviderUserKey = providerUserKey,
            CreatedAt = time.GetUtcNow(),
        };
    }

    public static SealPlace Place(EnvironmentId environment, ConnectionId connection, RevocationJobId job) =>
        new(environment, connection, job.Value, SealedFields.RevocationToken);
}
