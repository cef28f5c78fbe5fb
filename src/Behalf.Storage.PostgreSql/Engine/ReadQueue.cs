using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Look-ups that every call needs. What waits together travels together: one round trip for all of it, on few connections,
/// whose statements stay prepared. Each look-up begins after it was asked for. Safe to call concurrently.
/// </summary>
internal sealed class ReadQueue : IAsyncDisposable
{
    /// <summary>How many may wait; further callers wait for a place.</summary>
    private const int Capacity = 4096;

    /// <summary>How many travel together at most.</summary>
    private const int LargestBundle = 64;

    /// <summary>A bundle that is slow holds up half of the others.</summary>
    private const int Lanes = 2;

    private readonly Channel<ReadItem> _waiting = Channel.CreateBounded<ReadItem>(new BoundedChannelOptions(Capacity));
    private readonly ConnectionSource _connections;
    private readonly Task[] _lanes;

    public ReadQueue(ConnectionSource connections)
    {
        _connections = connections;
        _lanes = [.. Enumerable.Range(0, Lanes).Select(_ => Task.Run(RunAsync))];
    }

    /// <param name="sql">With positional parameters.</param>
    /// <param name="values">In the order of $1, $2 ….</param>
    /// <exception cref="StorageUnavailableException">The database cannot be read now.</exception>
    public async Task<IReadOnlyList<TRow>> QueryAsync<TRow>(
        string sql,
        object[] values,
        CancellationToken cancellationToken
    )
    {
        ReadItem<TRow> item = new(sql, values);
        try
        {
            await _waiting.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw Closing(e);
        }

        return await item.Done.WaitAsync(cancellationToken);
    }

    /// <summary>Answers what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_lanes);
    }

    private async Task RunAsync()
    {
        List<ReadItem> bundle = new(LargestBundle);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (bundle.Count < LargestBundle && _waiting.Reader.TryRead(out ReadItem? item))
            {
                bundle.Add(item);
            }

            await AnswerAsync(bundle);
            bundle.Clear();
        }
    }

    private async Task AnswerAsync(IReadOnlyList<ReadItem> bundle)
    {
        if (bundle.Count == 0)
        {
            return; // the other lane was faster
        }

        try
        {
            await _connections.RunAsync(
                async attempt =>
                {
                    await ReadAsync(attempt.Connection, bundle);
                    return true;
                },
                CancellationToken.None
            );
        }
#pragma warning disable CA1031 // it belongs to those who wait
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StorageUnavailableException? unavailable = StorageErrors.Translate(exception);
            if (unavailable is null && bundle.Count > 1)
            {
                foreach (ReadItem item in bundle)
                {
                    await AnswerAsync([item]); // one of them is wrong: its neighbours shall not pay for it
                }

                return;
            }

            foreach (ReadItem item in bundle)
            {
                item.Fail(unavailable ?? exception);
            }

            return;
        }

        foreach (ReadItem item in bundle)
        {
            item.Complete();
        }
    }

    private static async Task ReadAsync(NpgsqlConnection connection, IReadOnlyList<ReadItem> bundle)
    {
        await using NpgsqlBatch batch = connection.CreateBatch();
        foreach (ReadItem item in bundle)
        {
            batch.Add(item.Sql, item.Values);
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync();
        foreach (ReadItem item in bundle)
        {
            await item.ReadAsync(reader);
            await reader.NextResultAsync();
        }
    }

    private static StorageUnavailableException Closing(Exception inner) =>
        new(StorageFault.Closed, "The database is closing.", inner);

    /// <summary>One look-up. What a lost connection had read of it is read again.</summary>
    private abstract class ReadItem(string sql, object[] values)
    {
        public string Sql => sql;

        public object[] Values => values;

        public abstract Task ReadAsync(DbDataReader reader);

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    private sealed class ReadItem<TRow>(string sql, object[] values) : ReadItem(sql, values)
    {
        private static readonly ConcurrentDictionary<string, Func<DbDataReader, TRow>> Parsers = new(
            StringComparer.Ordinal
        );

        private readonly TaskCompletionSource<IReadOnlyList<TRow>> _done = new(
            TaskCreationOptions.RunContinuationsAsynchronously
        );

        private List<TRow> _rows = [];

        public Task<IReadOnlyList<TRow>> Done => _done.Task;

        public override async Task ReadAsync(DbDataReader reader)
        {
            _rows = [];
            Func<DbDataReader, TRow> parse = Parsers.GetOrAdd(Sql, static (_, r) => r.GetRowParser<TRow>(), reader);
            while (await reader.ReadAsync())
            {
                _rows.Add(parse(reader));
            }
        }

        public override void Complete() => _done.TrySetResult(_rows);

        public override void Fail(Exception exception)
        {
            _done.TrySetException(exception);
            _ = _done.Task.Exception; // observed even when the caller has left
        }
    }
}
