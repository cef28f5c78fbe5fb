using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Behalf.Audit;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Starts calls and appends records. What waits together is committed together: two round trips and one sync for all of
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
    private readonly AuditLane _lane;
    private readonly SharedClock _clock;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private volatile bool _isCommitting;

    public CallQueue(ConnectionSource connections, AuditLane lane, SharedClock clock, TimeProvider time)
    {
        _connections = connections;
        _lane = lane;
        _clock = clock;
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
            await _connections.RunAsync(attempt => CommitAsync(attempt, bundle, sent), CancellationToken.None);
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

    /// <summary>
    /// The lane is held before authority is read: what this node withdrew earlier stands earlier in it, and no intent that
    /// saw the old state stands after it.
    /// </summary>
    private async Task<bool> CommitAsync(Attempt attempt, List<CallItem> bundle, Dispatch sent)
    {
        await _lane.EnterAsync();
        try
        {
            if (!await CommitExpectedAsync(attempt, bundle, sent))
            {
                await CommitReadAsync(attempt, bundle, sent);
            }

            return true;
        }
        finally
        {
            _lane.Leave();
        }
    }

    /// <summary>One round trip, where the records can be told beforehand and everything is as they expect.</summary>
    /// <returns>False: nothing was stored.</returns>
    private async Task<bool> CommitExpectedAsync(Attempt attempt, List<CallItem> bundle, Dispatch sent)
    {
        if (
            !attempt.IsFirst
            || !bundle.TrueForAll(item => item.IsExpectable)
            || _lane.BeginAfterLast([.. bundle.Select(item => item.Environment).Distinct()], _clock.UtcNow)
                is not { Before: var before, Bundle: var places }
        )
        {
            return false;
        }

        List<StartItem> calls = [.. bundle.OfType<StartItem>()];
        foreach (CallItem item in bundle)
        {
            switch (item)
            {
                case StartItem start:
                    start.Expect(places);
                    break;
                case RecordItem record:
                    record.AppendTo(places);
                    break;
            }
        }

        if (places.First is null)
        {
            return false;
        }

        NpgsqlConnection connection = attempt.Connection;
        List<CallAuthority>? authorities;
        try
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
            await using NpgsqlBatch batch = connection.CreateBatch();
            _lane.AddEntry(batch, calls.Count > 0);
            ExpectedBundle.AddTo(batch, _lane.Node, before, places, calls);
            AuditLane.AddCommit(batch);
            sent.Includes(places.First);
            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
            await reader.NextResultAsync();
            authorities = await ExpectedBundle.ReadAsync(reader, calls);
            while (await reader.NextResultAsync())
            {
                // To the end: the commit is the last of it.
            }
        }
        catch (PostgresException e) when (StorageErrors.IsUndone(e))
        {
            sent.IsSettled();
            if (StorageErrors.Translate(e) is not null)
            {
                throw;
            }

            authorities = null; // one of them is wrong; which one is found out otherwise
        }

        if (authorities is null)
        {
            sent.IsSettled();
            return false;
        }

        for (int call = 0; call < calls.Count; call++)
        {
            calls[call].Confirm(authorities[call], _uses);
        }

        sent.IsSettled();
        _lane.Keep(places);
        return true;
    }

    private async Task CommitReadAsync(Attempt attempt, List<CallItem> bundle, Dispatch sent)
    {
        NpgsqlConnection connection = attempt.Connection;
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        BundleReading read = await ReadAsync(connection, bundle);
        if (sent.Record is { } record && await AuditLane.HoldsAsync(connection, record))
        {
            return;
        }

        foreach (AppendItem item in bundle.OfType<AppendItem>())
        {
            if (item.Sent is { } before && await AuditLane.HoldsAsync(connection, before))
            {
                item.IsFound();
            }
        }

        sent.IsSettled(); // should it come yet, it finds that what follows has moved the lane on
        LaneBundle places = _lane.Begin(read.Heads);
        int call = 0;
        foreach (CallItem item in bundle)
        {
            switch (item)
            {
                case StartItem start:
                    start.AppendTo(places, read.Authorities[call++], read.Keys, _uses);
                    break;
                case AppendItem { IsStored: true }:
                    break;
                case EndItem end:
                    end.AppendTo(places, read.Keys);
                    break;
                case RecordItem alone:
                    alone.AppendTo(places);
                    break;
                case NothingItem:
                    break;
                default:
                    throw new InvalidOperationException($"Unknown item {item.GetType().Name}.");
            }
        }

        await using NpgsqlBatch batch = connection.CreateBatch();
        places.AddTo(batch);
        read.Keys.AddTo(batch);
        AuditLane.AddCommit(batch);
        sent.Includes(places.First);
        try
        {
            await batch.ExecuteNonQueryAsync();
        }
        catch (PostgresException e) when (StorageErrors.IsUndone(e))
        {
            sent.IsSettled();
            throw;
        }

        sent.IsSettled();
        _lane.Keep(places);
    }

    /// <summary>The locks come first: what is read after them stays true until the commit.</summary>
    private async Task<BundleReading> ReadAsync(NpgsqlConnection connection, List<CallItem> bundle)
    {
        List<StartItem> calls = [.. bundle.OfType<StartItem>()];
        List<KeyPlace> keys = [.. bundle.Select(item => item.Key).OfType<KeyPlace>().Distinct()];
        await using NpgsqlBatch batch = connection.CreateBatch();
        _lane.AddEntry(batch, calls.Count > 0);
        if (keys.Count > 0)
        {
            KeyedCalls.AddReading(batch, keys);
        }

        if (calls.Count > 0)
        {
            CallAuthorities.AddTo(batch, calls);
        }

        LaneHeads.AddTo(batch, _lane.Node, bundle.Select(item => item.Environment));
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        KeyedCalls known = new();
        if (keys.Count > 0)
        {
            await reader.NextResultAsync();
            await known.ReadAsync(reader);
            await reader.NextResultAsync();
        }

        List<CallAuthority> authorities = [];
        if (calls.Count > 0)
        {
            authorities = await CallAuthorities.ReadAsync(reader, calls);
            await reader.NextResultAsync();
        }

        return new BundleReading(authorities, known, await LaneHeads.ReadAsync(reader, _lane.Node));
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

    /// <summary>What a bundle sent to be committed, over all its attempts.</summary>
    private sealed class Dispatch
    {
        /// <value>One of its records. Null: none was sent, or what became of it is known.</value>
        public StoredAuditRecord? Record { get; private set; }

        public bool IsInDoubt => Record is not null;

        public void Includes(StoredAuditRecord? record) => Record = record;

        public void IsSettled() => Record = null;
    }

    private sealed record BundleReading(List<CallAuthority> Authorities, KeyedCalls Keys, LaneHeads Heads);
}
