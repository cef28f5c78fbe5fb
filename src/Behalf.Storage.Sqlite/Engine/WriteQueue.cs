using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// The one writer. What waits together is committed together: one transaction, one sync, then all are told. An item that
/// fails takes nothing of its neighbours with it; a commit that fails fails them all. Who comes while nobody
/// commits and nothing else is about to run does so himself, which spares him two switches of threads; the others wait for the
/// next turn. Safe to call concurrently.
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    /// <summary>How many may wait; further callers wait for a place.</summary>
    private const int Capacity = 4096;

    /// <summary>How many are committed together at most, which bounds how long the first of them waits.</summary>
    private const int LargestBatch = 256;

    private readonly Channel<WriteItem> _waiting = Channel.CreateBounded<WriteItem>(
        new BoundedChannelOptions(Capacity)
    );
    private readonly Patient<WriteItem> _patient;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly List<WriteItem> _batch = new(LargestBatch);
    private readonly Dictionary<WriteItem, Exception> _failures = [];
    private readonly PreparedConnection _connection;
    private readonly WriteContext _context;
    private readonly ReadMemory _memory;

    /// <param name="connection">Owned by the queue from now on.</param>
    /// <param name="memory">Forgets before a change is acknowledged.</param>
    public WriteQueue(PreparedConnection connection, WriteContext context, ReadMemory memory)
    {
        _connection = connection;
        _context = context;
        _memory = memory;
        _patient = new Patient<WriteItem>(CommitSoon);
    }

    /// <summary>
    /// Completes once the work is committed. A cancellation before the work begins removes it; afterwards it is carried
    /// out whatever becomes of the caller.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database cannot write now.</exception>
    public async Task<T> WriteAsync<T>(WriteKind kind, Func<WriteContext, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WriteItem<T> item = new(kind, work);
        try
        {
            if (!_waiting.Writer.TryWrite(item))
            {
                await _waiting.Writer.WriteAsync(item, cancellationToken);
            }
        }
        catch (ChannelClosedException e)
        {
            throw Closing(e);
        }

        if (ThreadPool.PendingWorkItemCount > 0)
        {
            CommitSoon(); // behind what is about to run and may bring more
        }
        else if (_turn.Wait(0, CancellationToken.None))
        {
            TakeTurn();
        }

        if (item.Result.IsCompleted)
        {
            return await item.Result;
        }

        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((WriteItem<T>)state!).TakeBack(token),
            item
        );
        return await item.Result;
    }

    /// <summary>As <see cref="WriteAsync{T}"/>, with the next commit or within a moment.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot write now.</exception>
    public Task<T> WriteSoonAsync<T>(WriteKind kind, Func<WriteContext, T> work)
    {
        WriteItem<T> item = new(kind, work);
        return _patient.TryAdd(item) ? item.Result : Task.FromException<T>(Closing());
    }

    /// <summary>Completes once everything that was handed in before, patient or not, is committed or has failed.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot write now.</exception>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (_patient.IsEmpty && _turn.CurrentCount > 0)
        {
            return;
        }

        for (int commits = Math.Max(1, _patient.CommitsFor(LargestBatch)); commits > 0; commits--)
        {
            await WriteAsync(WriteKind.Trail, static _ => true, cancellationToken);
        }
    }

    /// <summary>Finishes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _patient.Close();
        await _turn.WaitAsync(); // and keeps it
        while (Waits)
        {
            CommitBatch();
        }

        WriteItem<bool> last = new(
            WriteKind.Trail,
            context =>
            {
                context.Flush(all: true);
                return true;
            }
        );
        Commit([last]);
        _context.AfterCommit();
        _patient.Dispose();
        await _connection.DisposeAsync();
    }

    private bool Waits => _waiting.Reader.TryPeek(out _) || !_patient.IsEmpty;

    private void CommitSoon() =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static queue =>
            {
                if (queue._turn.Wait(0))
                {
                    queue.TakeTurn();
                }
            },
            this,
            preferLocal: false
        );

    /// <summary>One batch; who holds the turn owes it to nobody to commit the next one too.</summary>
    private void TakeTurn()
    {
        CommitBatch();
        if (_context.HasAftermath)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static queue =>
                {
                    queue._context.AfterCommit();
                    queue.EndTurn();
                },
                this,
                preferLocal: false
            );
            return;
        }

        EndTurn();
    }

    /// <summary>What came while the turn was taken has seen that, and waits for this look.</summary>
    private void EndTurn()
    {
        _turn.Release();
        if (_waiting.Reader.TryPeek(out _))
        {
            CommitSoon();
        }
        else
        {
            _patient.Rearm();
        }
    }

    private void CommitBatch()
    {
        try
        {
            Take();
            Commit(_batch);
        }
        catch (Exception bug)
        {
            // Nobody may wait for ever because of it; nothing is known of the connection any more.
            _waiting.Writer.TryComplete(bug);
            _patient.Close();
            for (; _batch.Count > 0; Take())
            {
                _batch.ForEach(item => item.Fail(Closing(bug)));
                _batch.Clear();
            }
        }
        finally
        {
            _batch.Clear();
        }
    }

    private void Take() => _patient.TakeWith(_waiting.Reader, _batch, LargestBatch);

    private static StorageUnavailableException Closing(Exception? inner = null) =>
        new(StorageFault.Closed, "The database is closing.", inner);

    private void Commit(List<WriteItem> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        _failures.Clear();
        try
        {
            _connection.Command("BEGIN IMMEDIATE").ExecuteNonQuery();
            _context.BeginBatch();
            if (!RunTogether(batch))
            {
                RunApart(batch);
            }

            bool changes = _context.Flush(all: false) || batch.Exists(item => item.Kind == WriteKind.Change);
            if (changes)
            {
                _memory.Close(); // from here on either state may be read, and neither is remembered
            }

            _connection.Command("COMMIT").ExecuteNonQuery();
            if (changes)
            {
                _memory.Begin();
            }
        }
        catch (Exception e)
        {
            RollBack();
            _memory.Begin(); // a commit that failed may have happened
            foreach (WriteItem item in batch)
            {
                item.Fail(StorageErrors.Translate(e) ?? e);
            }

            return;
        }

        foreach (WriteItem item in batch)
        {
            if (_failures.TryGetValue(item, out Exception? failure))
            {
                item.Fail(StorageErrors.Translate(failure) ?? failure);
            }
            else
            {
                item.Complete();
            }
        }
    }

    /// <summary>
    /// What only adds to the trail can be run again, so it goes without savepoints of its own until one fails.
    /// </summary>
    /// <returns>False: nothing was done, in a transaction that has begun.</returns>
    private bool RunTogether(List<WriteItem> batch)
    {
        if (!batch.TrueForAll(item => item.Kind == WriteKind.Trail))
        {
            return false;
        }

        try
        {
            foreach (WriteItem item in batch)
            {
                _context.BeginItem();
                item.Run(_context);
            }

            return true;
        }
        catch (Exception) when (InTransaction)
        {
            RollBack();
            _connection.Command("BEGIN IMMEDIATE").ExecuteNonQuery();
            return false;
        }
    }

    private void RunApart(List<WriteItem> batch)
    {
        foreach (WriteItem item in batch)
        {
            if (RunOne(item) is { } failure)
            {
                _failures.Add(item, failure);
            }
        }
    }

    /// <returns>Why this item alone failed.</returns>
    private Exception? RunOne(WriteItem item)
    {
        _connection.Command("SAVEPOINT item").ExecuteNonQuery();
        _context.BeginItem();
        try
        {
            item.Run(_context);
            _context.EndItem();
            _connection.Command("RELEASE item").ExecuteNonQuery();
            return null;
        }
        catch (Exception e) when (InTransaction)
        {
            // A full disk or a failed write ends the whole transaction, and then the filter lets it pass to all.
            _connection.Command("ROLLBACK TO item").ExecuteNonQuery();
            _connection.Command("RELEASE item").ExecuteNonQuery();
            _context.ForgetItem();
            return e;
        }
    }

    private bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    private void RollBack()
    {
        _context.ForgetItem();
        if (!InTransaction)
        {
            return;
        }

        try
        {
            _connection.Command("ROLLBACK").ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // The failure that led here is the one its callers are told; the next BEGIN tells whether the file is usable.
        }
    }
}
