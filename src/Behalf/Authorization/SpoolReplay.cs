using Behalf.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>Stores what a process before this one received and could not commit.</summary>
public interface IRefreshSpool
{
    /// <summary>
    /// Once at the start, when the database and the vault are open and nothing is served yet: no other node asks the
    /// provider about these accounts before it ends.
    /// </summary>
    Task ReplayAsync(CancellationToken cancellationToken);
}

internal sealed partial class SpoolReplay(
    RefreshSpool spool,
    IRefreshStore store,
    IConnectionStore connections,
    IAccountStore accounts,
    FlowContexts contexts,
    RevocationJobs jobs,
    RefreshCommit commit,
    IOptions<BehalfOptions> options,
    TimeProvider time,
    ILogger<SpoolReplay> logger
) : IRefreshSpool
{
    /// <summary>A start does not wait longer for one; its commit goes on beside.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task ReplayAsync(CancellationToken cancellationToken)
    {
        foreach (string path in spool.List())
        {
            await ReplayAsync(path, cancellationToken);
        }

        await store.ReleaseInheritedAsync(cancellationToken);
    }

    private async Task ReplayAsync(string path, CancellationToken cancellationToken)
    {
        if (spool.Read(path) is not { } entry)
        {
            return;
        }

        EnvironmentId environment = new(entry.File.Environment);
        AccountId account = new(entry.File.Account);
        Connection? connection = await connections.FindAsync(
            environment,
            new ConnectionId(entry.File.Connection),
            cancellationToken
        );
        if (connection is null)
        {
            await GiveBackAsync(environment, account, entry, cancellationToken);
            spool.Remove(path);
            return;
        }

        RefreshLease? lease = await store.TakeUpAsync(
            environment,
            account,
            options.Value.RefreshTimeout,
            cancellationToken
        );
        Task<FreshCredential> committed = commit.CommitAsync(
            lease,
            entry.Pair.Into(
                environment,
                account,
                connection,
                await accounts.FindAsync(environment, account, cancellationToken)
            ),
            isKept: true
        );
        try
        {
            FreshCredential result = await committed.WaitAsync(Patience, time, cancellationToken);
            Log.Replayed(logger, account, result is FreshCredential.Usable ? "stored" : "not needed any more");
        }
        catch (TimeoutException)
        {
            Log.StillWaiting(logger, account);
        }
    }

    /// <summary>No account can use it any more; while the removed connection's client is known, the provider is told.</summary>
    private async Task GiveBackAsync(
        EnvironmentId environment,
        AccountId account,
        SpoolEntry entry,
        CancellationToken cancellationToken
    )
    {
        FlowContext? context = await contexts.FindForRevocationAsync(
            environment,
            new ConnectionId(entry.File.Connection),
            cancellationToken
        );
        if (context is null)
        {
            Log.NoConnection(logger, account);
            return;
        }

        ReceivedPair pair = entry.Pair.Into(environment, account, context.Connection, before: null);
        await jobs.AddAsync(
            environment,
            account,
            pair.Next.Sealed,
            context.Connection,
            pair.Next.ProviderUserKey ?? pair.ProviderUserKey
        );
        Log.Replayed(logger, account, "to be revoked: their connection is removed");
    }

    private static partial class Log
    {
        [LoggerMessage(2241, LogLevel.Warning, "The tokens of {Account} that waited in the spool are {Outcome}")]
        public static partial void Replayed(ILogger logger, AccountId account, string outcome);

        [LoggerMessage(
            2242,
            LogLevel.Warning,
            "The tokens of {Account} in the spool belong to a connection that is gone: they are dropped, and stay valid at the provider"
        )]
        public static partial void NoConnection(ILogger logger, AccountId account);

        [LoggerMessage(2243, LogLevel.Warning, "The tokens of {Account} in the spool could not be stored yet")]
        public static partial void StillWaiting(ILogger logger, AccountId account);
    }
}
