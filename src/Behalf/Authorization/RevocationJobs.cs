using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Vault;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>Makes revocation jobs: a token on its way out, sealed under a key of its own that only <see cref="Revoker"/> opens.</summary>
internal sealed partial class RevocationJobs(
    IRevocationStore store,
    IConnectorCatalog catalog,
    IVault vault,
    WorkSignal signal,
    SharedClock clock,
    TimeProvider time,
    ILogger<RevocationJobs> logger
)
{
    public const string RefreshToken = "refresh_token";
    public const string AccessToken = "access_token";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

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
    ) => AddAsync(Seal(environment, account, tokens, connection, profile, providerUserKey));

    /// <summary>
    /// For tokens in hand while nothing can be stored: the job is offered to the database until it takes it. Until then it is
    /// in this process alone.
    /// </summary>
    /// <returns>False: not even that could be done, or there is nothing to revoke.</returns>
    public bool TryAddInTime(
        EnvironmentId environment,
        AccountId account,
        TokenSet tokens,
        Connection connection,
        OAuthProfile profile,
        string providerUserKey
    )
    {
        RevocationJob? job;
        try
        {
            job = Seal(environment, account, tokens, connection, profile, providerUserKey);
        }
        catch (VaultSealedException closed)
        {
            Log.NotSealed(logger, account, closed);
            return false;
        }

        if (job is null)
        {
            return false;
        }

        _ = AddInTimeAsync(job);
        return true;
    }

    /// <returns>Null: there is no token of the kind that the provider revokes.</returns>
    private RevocationJob? Seal(
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
        return token is null ? null : Seal(environment, account, token, connection, takesRefresh, providerUserKey);
    }

    private async Task AddInTimeAsync(RevocationJob job)
    {
        TimeSpan pause = FirstPause;
        long began = time.GetTimestamp();
        while (time.GetElapsedTime(began) < Revoker.GiveUpAfter)
        {
            try
            {
                await AddAsync(job);
                return;
            }
            catch (StorageUnavailableException away)
            {
                Log.Waits(logger, job.Id, away);
            }
#pragma warning disable CA1031 // nobody waits for it
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Log.NotAdded(logger, job.Id, exception); // or added before, by a write whose answer was lost
                return;
            }

            await Task.Delay(pause, time, CancellationToken.None);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
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
            CreatedAt = clock.UtcNow,
        };
    }

    public static SealPlace Place(EnvironmentId environment, ConnectionId connection, RevocationJobId job) =>
        new(environment, connection, job.Value, SealedFields.RevocationToken);

    private static partial class Log
    {
        [LoggerMessage(2307, LogLevel.Warning, "{Job} waits for the database, in this process alone")]
        public static partial void Waits(ILogger logger, RevocationJobId job, Exception exception);

        [LoggerMessage(2308, LogLevel.Error, "{Job} was not stored: its token stays valid at the provider")]
        public static partial void NotAdded(ILogger logger, RevocationJobId job, Exception exception);

        [LoggerMessage(2309, LogLevel.Error, "A token of {Account} cannot be sealed for its revocation")]
        public static partial void NotSealed(ILogger logger, AccountId account, Exception exception);
    }
}
