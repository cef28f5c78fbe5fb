using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>
/// The one writer. What waits together is committed together: one transaction, one sync, then all are told. Each item runs
/// inside a savepoint, so one that fails takes nothing of its neighbours with it; a commit that fails fails them all.
/// Safe to call concurrently.
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    /// <summary>How many may wait; further callers wait for a place.</summary>
    private const int Capacity = 4096;

    /// <summary>How many are committed together at most, which bounds how long the first of them waits.</summary>
    private const int LargestBatch = 256;

    private readonly Channel<WriteItem> _waiting = Channel.CreateBounded<WriteItem>(
        new BoundedChannelOptions(Capacity) { SingleReader = true }
    );
    private readonly PreparedConnection _connection;
    private readonly WriteContext _context;
    private readonly Task _loop;

    /// <param name="connection">Owned by the queue from now on.</param>
    public WriteQueue(PreparedConnection connection, WriteContext context)
    {
        _connection = connection;
        _context = context;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// Completes once the work is committed. A cancellation before the work begins removes it; afterwards it is carried
    /// out whatever becomes of the caller.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database cannot write now.</exception>
    public async Task<T> WriteAsync<T>(Func<WriteContext, T> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WriteItem<T> item = new(work);
        try
        {
            await _waiting.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw Closing(e);
        }

        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((WriteItem<T>)state!).TakeBack(token),
            item
        );
        return await item.Result;
    }

    /// <summary>Finishes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _loop;
        WriteItem<bool> last = new(context =>
        {
            context.Flush(all: true);
            return true;
        });
        Commit([last]);
        await _connection.DisposeAsync();
    }

    private async Task RunAsync()
    {
        List<WriteItem> batch = new(LargestBatch);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync())
            {
                Take(batch);
                Commit(batch);
                batch.Clear();
            }
        }
        finally
        {
            // Only a bug ends the loop before the queue is closed; nobody may wait for ever because of it.
            _waiting.Writer.TryComplete();
            for (Take(batch); batch.Count > 0; Take(batch))
            {
                batch.ForEach(item => item.Fail(Closing()));
                batch.Clear();
            }
        }
    }

    private void Take(List<WriteItem> batch)
    {
        while (batch.Count < LargestBatch && _waiting.Reader.TryRead(out WriteItem? item))
        {
            if (item.TryBegin())
            {
                batch.Add(item);
            }
        }
    }

    private static StorageUnavailableException Closing(Exception? inner = null) =>
        new(StorageFault.Closed, "The database is closing.", inner);

    private void Commit(List<WriteItem> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        List<(WriteItem Item, Exception? Failure)> ran = new(batch.Count);
        try
        {
            _context.Command("BEGIN IMMEDIATE").ExecuteNonQuery();
            foreach (WriteItem item in batch)
            {
                ran.Add((item, RunOne(item)));
            }

            _context.Flush(all: false);
            _context.Command("COMMIT").ExecuteNonQuery();
        }
        catch (Exception e)
        {
            RollBack();
            foreach (WriteItem item in batch)
            {
                item.Fail(StorageErrors.Translate(e) ?? e);
            }

            return;
        }

        foreach ((WriteItem item, Exception? failure) in ran)
        {
            if (failure is null)
            {
                item.Complete();
            }
            else
            {
                item.Fail(StorageErrors.Translate(failure) ?? failure);
            }
        }

        _context.AfterCommit();
    }

    /// <returns>Why this item alone failed.</returns>
    private Exception? RunOne(WriteItem item)
    {
        _context.Command("SAVEPOINT item").ExecuteNonQuery();
        _context.BeginItem();
        try
        {
            item.Run(_context);
            _context.Command("RELEASE item").ExecuteNonQuery();
            return null;
        }
        catch (Exception e) when (InTransaction)
        {
            // A full disk or a failed write ends the whole transaction, and then the filter lets it pass to all.
            _context.Command("ROLLBACK TO item").ExecuteNonQuery();
            _context.Command("RELEASE item").ExecuteNonQuery();
            _context.ForgetItem();
            return e;
        }
    }

    private bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    private void RollBack()
    {
        _context.ForgetBatch();
        if (!InTransaction)
        {
            return;
        }

        try
        {
            _context.Command("ROLLBACK").ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // The failure that led here is the one its callers are told; the next BEGIN tells whether the file is usable.
        }
    }
}
