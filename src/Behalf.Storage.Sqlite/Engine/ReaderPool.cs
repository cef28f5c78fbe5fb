using System.Collections.Concurrent;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>Connections that only read; each sees the last commit. Safe to call concurrently.</summary>
internal sealed class ReaderPool(ConnectionFactory factory) : IDisposable
{
    private const int MostIdle = 16;

    private readonly ConcurrentBag<PreparedConnection> _idle = [];
    private volatile bool _closed;

    /// <inheritdoc cref="Read{T}(Func{PreparedConnection, T})" />
    public T Read<TKey, T>(TKey key, Func<PreparedConnection, TKey, T> query) =>
        Read(connection => query(connection, key));

    /// <summary>Runs on the calling thread: a read takes microseconds, less than a switch of threads.</summary>
    public T Read<T>(Func<PreparedConnection, T> query)
    {
        if (_closed)
        {
            throw new StorageUnavailableException(StorageFault.Closed, "The database is closing.");
        }

        PreparedConnection connection = _idle.TryTake(out PreparedConnection? idle) ? idle : factory.OpenReader();
        try
        {
            T result = query(connection);
            Return(connection);
            return result;
        }
        catch (Exception e)
        {
            connection.Dispose(); // whatever state it is in, the next reader gets a fresh one
            StorageErrors.Throw(e);
            throw;
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out PreparedConnection? connection))
        {
            connection.Dispose();
        }
    }

    private void Return(PreparedConnection connection)
    {
        if (_closed || _idle.Count >= MostIdle)
        {
            connection.Dispose();
            return;
        }

        _idle.Add(connection);
        if (_closed)
        {
            Dispose();
        }
    }
}
