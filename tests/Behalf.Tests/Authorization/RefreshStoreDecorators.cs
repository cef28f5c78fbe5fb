using Behalf.Authorization;
using Behalf.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Tests.Authorization;

/// <summary>Passes everything on; tests override what they disturb.</summary>
internal class RefreshStoreDecorator(IRefreshStore inner) : IRefreshStore
{
    protected IRefreshStore Inner => inner;

    public virtual Task<RefreshLease?> AcquireAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    ) => inner.AcquireAsync(environment, account, duration, cancellationToken);

    public Task<RefreshLease?> OvertakeAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        TimeSpan? within,
        CancellationToken cancellationToken
    ) => inner.OvertakeAsync(environment, account, duration, within, cancellationToken);

    public Task<RefreshLease?> TakeUpAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    ) => inner.TakeUpAsync(environment, account, duration, cancellationToken);

    public Task ReleaseInheritedAsync(CancellationToken cancellationToken) =>
        inner.ReleaseInheritedAsync(cancellationToken);

    public virtual Task<RefreshSubject?> ReadAsync(RefreshLease lease, CancellationToken cancellationToken) =>
        inner.ReadAsync(lease, cancellationToken);

    public virtual Task<bool> AttemptAsync(
        RefreshLease lease,
        long generation,
        bool isProbe,
        CancellationToken cancellationToken
    ) => inner.AttemptAsync(lease, generation, isProbe, cancellationToken);

    public virtual Task<bool> CommitAsync(
        RefreshLease lease,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    ) => inner.CommitAsync(lease, credential, traces, cancellationToken);

    public virtual Task<bool> FailAsync(
        RefreshLease lease,
        RefreshAttemptState state,
        CredentialStatus? status,
        string? reason,
        TimeSpan notBefore,
        Traces traces,
        CancellationToken cancellationToken
    ) => inner.FailAsync(lease, state, status, reason, notBefore, traces, cancellationToken);

    public Task ReleaseAsync(RefreshLease lease, CancellationToken cancellationToken) =>
        inner.ReleaseAsync(lease, cancellationToken);

    public Task<IReadOnlyList<(EnvironmentId Environment, AccountId Account)>> DueAsync(
        int limit,
        IReadOnlyCollection<ConnectionId> except,
        CancellationToken cancellationToken
    ) => inner.DueAsync(limit, except, cancellationToken);

    public Task<int> HastenAsync(
        EnvironmentId environment,
        ConnectionId connection,
        AccountId account,
        string? providerUserKey,
        CancellationToken cancellationToken
    ) => inner.HastenAsync(environment, connection, account, providerUserKey, cancellationToken);

    public Task HoldBackAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan pause,
        CancellationToken cancellationToken
    ) => inner.HoldBackAsync(environment, account, pause, cancellationToken);
}

/// <summary>The first lease is taken, and nobody hears of it.</summary>
internal sealed class LeaseWithoutWord(IRefreshStore inner) : RefreshStoreDecorator(inner)
{
    private int _taken;

    public override async Task<RefreshLease?> AcquireAsync(
        EnvironmentId environment,
        AccountId account,
        TimeSpan duration,
        CancellationToken cancellationToken
    )
    {
        RefreshLease? lease = await base.AcquireAsync(environment, account, duration, cancellationToken);
        return Interlocked.Increment(ref _taken) == 1
            ? throw new StorageUnavailableException(StorageFault.Io, "the answer was lost")
            : lease;
    }
}

/// <summary>The first lease is gone by the time it is read under.</summary>
internal sealed class GoneLease(IRefreshStore inner) : RefreshStoreDecorator(inner)
{
    private int _reads;

    public override async Task<RefreshSubject?> ReadAsync(RefreshLease lease, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _reads) == 1)
        {
            await Inner.ReleaseAsync(lease, cancellationToken);
        }

        return await base.ReadAsync(lease, cancellationToken);
    }
}

/// <summary>The lease ends before the first commit, and another node takes it over for ten seconds.</summary>
internal sealed class TakenOverLease(IRefreshStore inner) : RefreshStoreDecorator(inner)
{
    private int _commits;

    public Action BeforeCommit { get; set; } = () => { };

    public override async Task<bool> CommitAsync(
        RefreshLease lease,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        if (Interlocked.Increment(ref _commits) == 1)
        {
            BeforeCommit();
            RefreshLease? thief = await Inner.AcquireAsync(
                lease.Environment,
                lease.Account,
                TimeSpan.FromSeconds(10),
                cancellationToken
            );
            thief.Should().NotBeNull();
        }

        return await Inner.CommitAsync(lease, credential, traces, cancellationToken);
    }
}

/// <summary>
/// The lease ends before the first commit; another node asks with the token that is spent, and gives the account up.
/// </summary>
internal sealed class GivenUpMeanwhile(IRefreshStore inner) : RefreshStoreDecorator(inner)
{
    private int _commits;

    public Action BeforeCommit { get; set; } = () => { };

    public override async Task<bool> CommitAsync(
        RefreshLease lease,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        if (Interlocked.Increment(ref _commits) == 1)
        {
            BeforeCommit();
            await GiveUpAsync(Inner, lease.Environment, lease.Account, cancellationToken);
        }

        return await Inner.CommitAsync(lease, credential, traces, cancellationToken);
    }

    public static async Task GiveUpAsync(
        IRefreshStore store,
        EnvironmentId environment,
        AccountId account,
        CancellationToken cancellationToken
    )
    {
        RefreshLease? other = await store.AcquireAsync(
            environment,
            account,
            TimeSpan.FromSeconds(10),
            cancellationToken
        );
        (
            await store.FailAsync(
                other!,
                RefreshAttemptState.Refused,
                CredentialStatus.Expired,
                AccountReasons.RefreshOutcomeUnknown,
                TimeSpan.Zero,
                Traces.None,
                cancellationToken
            )
        )
            .Should()
            .BeTrue();
    }
}

/// <summary>The database is away for the first commits.</summary>
internal sealed class FailingCommits(IRefreshStore inner) : RefreshStoreDecorator(inner)
{
    private int _failures;

    public int Failures
    {
        get => _failures;
        set => _failures = value;
    }

    public override Task<bool> CommitAsync(
        RefreshLease lease,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        Interlocked.Decrement(ref _failures) >= 0
            ? throw new StorageUnavailableException(StorageFault.Io, "the database is away")
            : base.CommitAsync(lease, credential, traces, cancellationToken);
}

/// <summary>The database goes away right after the first attempt was committed, and stays away for the words that follow.</summary>
internal sealed class AwayAfterTheAttempt(IRefreshStore inner) : RefreshStoreDecorator(inner)
{
    private int _attempts;
    private int _failures = 3;

    public override async Task<bool> AttemptAsync(
        RefreshLease lease,
        long generation,
        bool isProbe,
        CancellationToken cancellationToken
    )
    {
        bool recorded = await base.AttemptAsync(lease, generation, isProbe, cancellationToken);
        return Interlocked.Increment(ref _attempts) == 1 ? throw Away() : recorded;
    }

    public override Task<bool> FailAsync(
        RefreshLease lease,
        RefreshAttemptState state,
        CredentialStatus? status,
        string? reason,
        TimeSpan notBefore,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        Interlocked.Decrement(ref _failures) >= 0
            ? throw Away()
            : base.FailAsync(lease, state, status, reason, notBefore, traces, cancellationToken);

    private static StorageUnavailableException Away() => new(StorageFault.Io, "the database is away");
}

internal static class Decoration
{
    /// <summary>Puts a wrapper around the one registered service.</summary>
    public static void Decorate<T>(this IServiceCollection services, Func<T, T> wrap)
        where T : class
    {
        ServiceDescriptor known = services.Single(service => service.ServiceType == typeof(T));
        services.Remove(known);
        services.AddSingleton(provider =>
            wrap(
                (T)(
                    known.ImplementationInstance
                    ?? known.ImplementationFactory?.Invoke(provider)
                    ?? ActivatorUtilities.CreateInstance(provider, known.ImplementationType!)
                )
            )
        );
    }
}
