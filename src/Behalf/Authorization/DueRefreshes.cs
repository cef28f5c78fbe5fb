using Behalf.Connections;
using Behalf.Vault;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>
/// Refreshes ahead of expiry what is due. A provider that is slow takes its connection's share of the places and no other's:
/// what it holds up goes on beside, and the accounts of other connections come first meanwhile.
/// </summary>
internal sealed partial class DueRefreshes(
    IRefreshStore refreshes,
    IAccountStore accounts,
    IConnectionStore connections,
    TokenRefresher refresher,
    SilentEndpoints silent,
    TimeProvider time,
    ILogger<DueRefreshes> logger
)
{
    private const int Portion = 100;

    /// <summary>Half of the database connections of a node: what somebody waits for finds one.</summary>
    private const int InParallel = 16;
    private const int PerConnection = 8;

    /// <summary>How long a turn waits for one of them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>After a failure of our own: it shall not take the turns of the others.</summary>
    private static readonly TimeSpan HeldBack = TimeSpan.FromMinutes(1);

    private readonly ConnectionPlaces _places = new(PerConnection);

    /// <returns>True when more is waiting.</returns>
    public async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<(EnvironmentId Environment, AccountId Account)> due = await refreshes.DueAsync(
            Portion,
            [.. _places.Full, .. silent.Shut],
            cancellationToken
        );
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = InParallel, CancellationToken = cancellationToken },
            (key, token) => BeginAsync(key.Environment, key.Account, token)
        );
        return due.Count >= Portion;
    }

    private async ValueTask BeginAsync(EnvironmentId environment, AccountId id, CancellationToken cancellationToken)
    {
        try
        {
            ConnectedAccount? account = await accounts.FindAsync(environment, id, cancellationToken);
            SealedCredential? credential = await accounts.FindCredentialAsync(environment, id, cancellationToken);
            Connection? connection = account is null
                ? null
                : await connections.FindAsync(environment, account.Connection, cancellationToken);
            if (credential is null || connection is null)
            {
                await refreshes.HoldBackAsync(environment, id, HeldBack, cancellationToken);
            }
            else if (_places.TryEnter(connection.Id))
            {
                await FreshenAsync(credential, connection, cancellationToken)
                    .WaitAsync(Patience, time, cancellationToken);
            }
        }
        catch (TimeoutException)
        {
            // It goes on; its place in the connection's share is taken until it ends.
        }
#pragma warning disable CA1031 // logged; the others go on and this one comes up again
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await HoldBackAsync(environment, id, exception);
        }
    }

    private async Task FreshenAsync(
        SealedCredential credential,
        Connection connection,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await refresher.FreshenAsync(credential, connection, FreshenReason.Due, cancellationToken);
        }
#pragma warning disable CA1031 // as above
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await HoldBackAsync(credential.Key.Environment, credential.Key.Account, exception);
        }
        finally
        {
            _places.Leave(connection.Id);
        }
    }

    private async Task HoldBackAsync(EnvironmentId environment, AccountId id, Exception failure)
    {
        Log.Failed(logger, id, failure);
        try
        {
            await refreshes.HoldBackAsync(environment, id, HeldBack, CancellationToken.None);
        }
        catch (StorageUnavailableException away)
        {
            Log.NotHeldBack(logger, id, away); // nor are the others found until it is back
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            2403,
            LogLevel.Error,
            "The refresh of {Account} ahead of its end failed; it will be tried again in a minute"
        )]
        public static partial void Failed(ILogger logger, AccountId account, Exception exception);

        [LoggerMessage(2406, LogLevel.Warning, "The refresh of {Account} could not be held back")]
        public static partial void NotHeldBack(ILogger logger, AccountId account, Exception exception);
    }
}
