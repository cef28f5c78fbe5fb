using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Behalf.Audit;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Starts calls and appends records. What waits together is committed together: one round trip, or two, and one sync for all of
/// it, so a call costs the database a fraction of a transaction. Safe to call concurrently.
/// </summary>
internal sealed class CallQueue : IAsyncDisposable
{
    /// <summary>How many may wait; further callers wait for a place.</summary>
    private const int Capacity = 4096;

    /// <summary>How many are committed together at most, which bounds how long the first of them waits.</summary>
    private const int LargestBundle = 256;

    private readonly Channel<CallItem> _waiting = Channel.CreateBounded<CallItem>(
        new BoundedChannelOptions(Capacity) { SingleReader = true }
    );
    private readonly Patient<CallItem> _patient;
    private readonly AccountUses _uses = new();
    private readonly ConditionalWeakTable<AuditDraft, StoredAuditRecord> _unacknowledged = [];
    private readonly ConnectionSource _connections;
    private readonly BundleCommit _commit;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private volatile bool _isCommitting;

    public CallQueue(ConnectionSource connections, AuditLane lane, SharedClock clock, TimeProvider time)
    {
        _connections = connections;
        _commit = new BundleCommit(lane, clock, _uses);
        _time = time;
        Doubtful = new DoubtfulStarts(time);
        _patient = new Patient<CallItem>(() => _waiting.Writer.TryWrite(Wake.Up));
        _loop = Task.Run(RunAsync);
    }

    public DoubtfulStarts Doubtful { get; }

    /// <summary>Completes once the intent, or the denial in its place, is committed.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot write now; nothing was started.</exception>
    public Task<StartResult> StartAsync(CallIntent intent, CancellationToken cancellationToken) =>
        PassAsync(new StartItem(intent), cancellationToken);

    /// <inheritdoc cref="StartAsync" />
    public Task<StoredAuditRecord> AppendAsync(AuditDraft draft, CancellationToken cancellationToken) =>
        PassAsync(new RecordItem(draft, SentBefore(draft)), cancellationToken);

    /// <summary>As <see cref="AppendAsync"/>, with the next bundle or within a moment: nobody waits for it.</summary>
    public Task AppendSoonAsync(AuditDraft draft)
    {
        RecordItem item = new(draft, SentBefore(draft));
        return _patient.TryAdd(item) ? item.Done : Task.FromException(Closing());
    }

    /// <inheritdoc cref="StartAsync" />
    public Task<StoredAuditRecord> CompleteAsync(
        AuditDraft completion,
        string principal,
        CallKey key,
        CallEnd end,
        CancellationToken cancellationToken
    ) => PassAsync(new EndItem(completion, SentBefore(completion), principal, key, end), cancellationToken);

    /// <summary>Completes once everything that was handed in before, patient or not, is committed or has failed.</summary>
    /// <param name="environment">Whose records the caller asks for.</param>
    /// <exception cref="StorageUnavailableException">The database cannot write now.</exception>
    public async Task SettleAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        if (_patient.IsEmpty && !_isCommitting)
        {
            return;
        }

        for (int commits = Math.Max(1, _patient.CommitsFor(LargestBundle)); commits > 0; commits--)
        {
            await PassAsync(new NothingItem(environment), cancellationToken);
        }
    }

    /// <summary>Finishes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _patient.Close();
        await _loop;
        _patient.Dispose();
        await WriteUsesAsync();
    }

    private async Task<T> PassAsync<T>(CallItem<T> item, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            await _waiting.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw Closing(e);
        }

        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((CallItem)state!).TakeBack(token),
            item
        );
        return await item.Done;
    }

    private async Task RunAsync()
    {
        List<CallItem> bundle = new(LargestBundle);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync())
            {
                _isCommitting = true; // before anything leaves the queue
                Take(bundle);
                await CommitAsync(bundle);
                bundle.Clear();
                _isCommitting = false;
                _patient.Rearm();
                if (_uses.AreDue(_time.GetUtcNow()))
                {
                    await WriteUsesAsync();
                }
            }

            for (Take(bundle); bundle.Count > 0; Take(bundle))
            {
                await CommitAsync(bundle);
                bundle.Clear();
            }
        }
        finally
        {
            // Only a bug ends the loop before the queue is closed; nobody may wait for ever because of it.
            _waiting.Writer.TryComplete();
            _patient.Close();
            for (Take(bundle); bundle.Count > 0; Take(bundle))
            {
                bundle.ForEach(item => item.Fail(Closing()));
                bundle.Clear();
            }
        }
    }

    private void Take(List<CallItem> bundle) => _patient.TakeWith(_waiting.Reader, bundle, LargestBundle);

    private async Task CommitAsync(List<CallItem> bundle)
    {
        if (bundle.Count == 0)
        {
            return;
        }

        Dispatch sent = new();
        try
        {
            await _connections.RunAsync(attempt => _commit.RunAsync(attempt, bundle, sent), CancellationToken.None);
        }
        catch (Exception e)
        {
            StorageUnavailableException? unavailable =
                StorageErrors.Translate(e) ?? (sent.IsInDoubt ? InDoubt(e) : null);
            if (unavailable is null && bundle.Count > 1)
            {
                await CommitEachAsync(bundle); // one of them is wrong: its neighbours shall not pay for it
                return;
            }

            foreach (CallItem item in bundle)
            {
                if (sent.IsInDoubt)
                {
                    Remember(item);
                }

                item.Fail(unavailable ?? e);
            }

            return;
        }

        foreach (CallItem item in bundle)
        {
            if (item is StartItem { IsDecided: false } start)
            {
                Remember(start); // stored, and what allowed it then, nobody can tell any more
                start.Fail(InDoubt(null));
            }
            else
            {
                item.Complete();
            }
        }
    }

    /// <summary>What nobody knows of is looked for later: calls so that they get their end, records when they come again.</summary>
    private void Remember(CallItem item)
    {
        switch (item)
        {
            case StartItem start:
                Doubtful.Add(start.Intent.Execution);
                break;
            case AppendItem { Record: { } record } append:
                _unacknowledged.AddOrUpdate(append.Draft, record);
                break;
        }
    }

    private StoredAuditRecord? SentBefore(AuditDraft draft) =>
        _unacknowledged.TryGetValue(draft, out StoredAuditRecord? record) ? record : null;

    private async Task CommitEachAsync(List<CallItem> bundle)
    {
        foreach (CallItem item in bundle)
        {
            await CommitAsync([item]);
        }
    }

    private async Task WriteUsesAsync()
    {
        try
        {
            await using NpgsqlConnection connection = await _connections.OpenAsync(CancellationToken.None);
            await _uses.WriteAsync(connection, _time.GetUtcNow());
        }
        catch (Exception e) when (StorageErrors.Translate(e) is not null)
        {
            // They are kept, and written with later ones; nothing is decided by them.
        }
    }

    private static StorageUnavailableException Closing(Exception? inner = null) =>
        new(StorageFault.Closed, "The database is closing.", inner);

    private static StorageUnavailableException InDoubt(Exception? inner) =>
        new(StorageFault.Io, "The database did not acknowledge what it was sent.", inner);
}
