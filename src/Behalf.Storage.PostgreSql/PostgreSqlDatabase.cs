using Behalf.Storage.PostgreSql.Engine;
using Behalf.Storage.PostgreSql.Schema;
using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Behalf.Storage.PostgreSql;

/// <summary>
/// A database that several nodes share. The host opens it once before anything reads or writes and disposes it last. Safe
/// to call concurrently.
/// </summary>
public sealed class PostgreSqlDatabase : IDatabase, IAsyncDisposable
{
    /// <summary>What only one process does at a time, such as the first start.</summary>
    private const long AloneLock = 0x626568616C660003;

    private readonly PostgreSqlStorageOptions _options;
    private readonly string _nodeName;
    private readonly TimeProvider _time;
    private readonly SharedClock _clock;
    private readonly ILogger<PostgreSqlDatabase> _logger;
    private readonly PostgreSqlSchema _schema;
    private readonly Lazy<ConnectionSource> _connections;
    private readonly Lazy<ReadQueue> _reads;
    private readonly Lazy<ReadMemory> _memory;
    private readonly SemaphoreSlim _opening = new(1, 1);
    private volatile Opened? _opened;
    private volatile bool _isLooking;
    private bool _disposed;

    public PostgreSqlDatabase(
        IOptions<PostgreSqlStorageOptions> options,
        IOptions<BehalfOptions> behalf,
        TimeProvider time,
        SharedClock clock,
        ILogger<PostgreSqlDatabase> logger
    )
        : this(options, behalf, time, clock, logger, Embedded) { }

    internal PostgreSqlDatabase(
        IOptions<PostgreSqlStorageOptions> options,
        IOptions<BehalfOptions> behalf,
        TimeProvider time,
        SharedClock clock,
        ILogger<PostgreSqlDatabase> logger,
        IReadOnlyList<Migration> migrations
    )
    {
        _options = options.Value;
        _nodeName = behalf.Value.Node;
        _time = time;
        _clock = clock;
        _logger = logger;
        _schema = new PostgreSqlSchema(migrations);
        _connections = new Lazy<ConnectionSource>(() => new ConnectionSource(_options.ConnectionString, _time));
        _reads = new Lazy<ReadQueue>(() => new ReadQueue(_connections.Value));
        _memory = new Lazy<ReadMemory>(() => new ReadMemory(_reads.Value, _time));
    }

    internal static IReadOnlyList<Migration> Embedded { get; } =
        Migration.EmbeddedIn(typeof(PostgreSqlDatabase).Assembly);

    /// <value>Random per instance: tells what this process began from what another one did.</value>
    internal string Process { get; } = Guid.NewGuid().ToString("N");

    /// <value>In seconds: how long after its last heartbeat a node counts as dead.</value>
    internal double DeadAfter => _options.DeadAfter.TotalSeconds;

    /// <value>
    /// In seconds: how long a node that had been cut off from the database leaves what others sent to them. A pair that was
    /// received is offered to the database every ten seconds, and an offer that hangs may take some more.
    /// </value>
    internal const double SteadyFor = 30;

    /// <value>In seconds.</value>
    internal double ShortestBreak => _options.ShortestBreak.TotalSeconds;

    /// <inheritdoc />
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _opened ??= await StartAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            StorageErrors.Throw(e);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <inheritdoc />
    public async Task OpenToReadAsync(CancellationToken cancellationToken)
    {
        if (_opened is not null)
        {
            throw new InvalidOperationException("The database is open.");
        }

        await LookAsync(_ => Task.FromResult(true), cancellationToken);
        _isLooking = true;
    }

    /// <inheritdoc />
    public Task RequireWritableAsync(CancellationToken cancellationToken) =>
        TranslatedAsync(async () =>
        {
            await Current.Claim.RequireHeldAsync(cancellationToken);
            return true;
        });

    /// <inheritdoc />
    public Task<DatabaseHealth> ExamineAsync(CancellationToken cancellationToken) =>
        LookAsync(ServerHealth.OfAsync, cancellationToken);

    /// <inheritdoc />
    public Task AloneAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken) =>
        LookAsync(
            async connection =>
            {
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
                await connection.ExecuteAsync(
                    new CommandDefinition(
                        $"SELECT pg_advisory_xact_lock({AloneLock})",
                        commandTimeout: 0,
                        cancellationToken: cancellationToken
                    )
                );
                await work(cancellationToken); // on connections of its own
                await transaction.CommitAsync(cancellationToken);
                return true;
            },
            cancellationToken
        );

    /// <inheritdoc />
    public Task<SchemaStatus> CheckAsync(CancellationToken cancellationToken) =>
        LookAsync(connection => _schema.CheckAsync(connection, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<int>> MigrateAsync(CancellationToken cancellationToken) =>
        LookAsync(connection => _schema.MigrateAsync(connection, cancellationToken), cancellationToken);

    /// <inheritdoc />
    public Task<string> ScriptAsync(CancellationToken cancellationToken) =>
        LookAsync(connection => _schema.ScriptAsync(connection, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _opening.WaitAsync();
        try
        {
            _disposed = true;
            if (_opened is { } opened)
            {
                _opened = null;
                await opened.Calls.DisposeAsync();
                await opened.Claim.DisposeAsync();
                opened.Lane.Dispose();
            }

            if (_reads.IsValueCreated)
            {
                await _reads.Value.DisposeAsync();
            }

            if (_connections.IsValueCreated)
            {
                await _connections.Value.DisposeAsync();
            }
        }
        finally
        {
            _opening.Release();
        }
    }

    internal CallQueue Calls => Current.Calls;

    /// <summary>
    /// One transaction. When it took authority away, no call starts on the old state once this completes. A cancellation
    /// counts until the work begins; afterwards it is carried out whatever becomes of the caller.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The database cannot write now.</exception>
    internal Task<T> WriteAsync<T>(Func<WriteContext, Task<T>> work, CancellationToken cancellationToken) =>
        TranslatedAsync(async () =>
        {
            Opened opened = Current;
            (T result, bool withdrew) = await WroteAsync(
                _connections.Value.RunAsync(attempt => WriteAsync(opened, attempt, work), cancellationToken)
            );
            if (withdrew)
            {
                await WaitForStartsAsync();
            }

            return result;
        });

    /// <summary>
    /// One transaction that changes rows which the bundles of calls change as well: it holds the lane from its start, as
    /// they do. Otherwise one would wait for the other's row, and that for the one's lane.
    /// </summary>
    internal Task<T> WriteInLaneAsync<T>(Func<WriteContext, Task<T>> work, CancellationToken cancellationToken) =>
        TranslatedAsync(async () =>
        {
            Opened opened = Current;
            return await WroteAsync(
                _connections.Value.RunAsync(attempt => WriteInLaneAsync(opened, attempt, work), cancellationToken)
            );
        });

    internal Task WriteAsync(Func<WriteContext, Task> work, CancellationToken cancellationToken) =>
        WriteAsync(
            async context =>
            {
                await work(context);
                return true;
            },
            cancellationToken
        );

    internal Task<T> ReadAsync<T>(Func<Session, Task<T>> query, CancellationToken cancellationToken) =>
        TranslatedAsync(() =>
        {
            RequireReadable();
            return _connections.Value.RunAsync(
                attempt => query(new Session(attempt.Connection, cancellationToken)),
                cancellationToken
            );
        });

    /// <summary>
    /// A look-up that calls repeat: what it gave is remembered until any node changes what it reads. Migration 12 says which
    /// tables tell of their changes; a look-up of others must not be remembered.
    /// </summary>
    /// <param name="query">Names the look-up; its text, where it has one.</param>
    /// <param name="key">What it is asked for, compared by value.</param>
    /// <param name="user">Whose rows alone it reads, besides what all share; null: any change may be one of what it reads.</param>
    /// <param name="keeps">Whether an answer stays true until then; null: each does.</param>
    internal Task<T> RecallAsync<T>(
        string query,
        object key,
        UserRows? user,
        Func<Task<T>> read,
        CancellationToken cancellationToken,
        Func<T, bool>? keeps = null
    )
    {
        RequireReadable();
        return _isLooking ? read() : _memory.Value.RecallAsync(query, key, user, read, keeps, cancellationToken);
    }

    /// <inheritdoc cref="RecallAsync{T}(string,object,UserRows,Func{Task{T}},CancellationToken,Func{T,bool})" />
    /// <param name="owner">Whose rows alone it reads, told by what was read; always the same.</param>
    internal Task<T?> RecallOfOwnerAsync<T>(
        string query,
        object key,
        Func<T, UserRows> owner,
        Func<Task<T?>> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        RequireReadable();
        return _isLooking ? read() : _memory.Value.RecallOfOwnerAsync(query, key, owner, read, cancellationToken);
    }

    /// <summary>A look-up that every call needs; it travels with others that wait.</summary>
    /// <param name="sql">With positional parameters.</param>
    internal Task<IReadOnlyList<TRow>> QueryAsync<TRow>(
        string sql,
        CancellationToken cancellationToken,
        params object[] values
    )
    {
        RequireReadable();
        return _reads.Value.QueryAsync<TRow>(sql, values, cancellationToken);
    }

    /// <inheritdoc cref="QueryAsync" />
    /// <returns>The one row, or null.</returns>
    internal async Task<TRow?> FindAsync<TRow>(string sql, CancellationToken cancellationToken, params object[] values)
        where TRow : class => (await QueryAsync<TRow>(sql, cancellationToken, values)).SingleOrDefault();

    /// <exception cref="StorageUnavailableException">Another process has this one's name.</exception>
    internal async Task RequireNameAsync(Session session)
    {
        NodeName node = new(_nodeName, Process);
        if (!await session.HoldsAsync("SELECT 1 FROM node WHERE name = @Name AND process = @Process", node))
        {
            throw node.Lost();
        }
    }

    /// <summary>
    /// Who reads the trail finds in it what this node did before he asked, as far as it can be stored; what other nodes did,
    /// within a moment.
    /// </summary>
    internal async Task SettleAsync(EnvironmentId environment, CancellationToken cancellationToken)
    {
        try
        {
            await (_opened?.Calls.SettleAsync(environment, cancellationToken) ?? Task.CompletedTask);
        }
        catch (StorageUnavailableException)
        {
            // What cannot be written now can be read all the same.
        }
    }

    /// <summary>For callers that cannot wait otherwise than by blocking.</summary>
    internal NpgsqlConnection Connect()
    {
        _ = Current;
        return _connections.Value.Open();
    }

    /// <summary>Several queries that see the same state.</summary>
    internal Task<T> ReadTogetherAsync<T>(Func<Session, Task<T>> query, CancellationToken cancellationToken) =>
        ReadAsync(
            async session =>
            {
                await using NpgsqlTransaction transaction = await session.Connection.BeginTransactionAsync(
                    System.Data.IsolationLevel.RepeatableRead,
                    cancellationToken
                );
                T result = await query(session);
                await transaction.CommitAsync(cancellationToken);
                return result;
            },
            cancellationToken
        );

    /// <summary>Also when it failed: a commit may be in doubt.</summary>
    private static async Task<T> WroteAsync<T>(Task<T> writing)
    {
        try
        {
            return await writing;
        }
        finally
        {
            RequestMoment.Current?.Wrote();
        }
    }

    private void RequireReadable()
    {
        if (!_isLooking)
        {
            _ = Current;
        }
    }

    private Opened Current =>
        _opened ?? throw new StorageUnavailableException(StorageFault.Closed, "The database is not open.");

    private async Task<Opened> StartAsync(CancellationToken cancellationToken)
    {
        ConnectionSource connections = _connections.Value;
        NodeName node = new(_nodeName, Process);
        NodeClaim claim = new(connections, node, new DatabaseClock(_clock, _time, _logger), _options, _logger);
        OrderedIds ids;
        await using (NpgsqlConnection connection = await connections.OpenAsync(cancellationToken))
        {
            await _schema.MigrateAsync(connection, cancellationToken);
            await claim.TakeAsync(cancellationToken);
            ids = new OrderedIds(await NewestIdAsync(connection));
        }

        AuditLane lane = new(node, ids);
        claim.StartBeating();
        return new Opened(lane, new CallQueue(connections, lane, _clock, _time), claim);
    }

    private async Task<(T Result, bool Withdrew)> WriteAsync<T>(
        Opened opened,
        Attempt attempt,
        Func<WriteContext, Task<T>> work
    )
    {
        await using NpgsqlTransaction transaction = await attempt.Connection.BeginTransactionAsync();
        WriteContext context = new(attempt.Connection, Process);
        T result = await work(context);
        if (context.IsUndone)
        {
            await transaction.RollbackAsync();
            return (result, false);
        }

        await opened.Lane.CommitAsync(context, attempt, transaction);
        return (result, context.Withdraws);
    }

    private async Task<T> WriteInLaneAsync<T>(Opened opened, Attempt attempt, Func<WriteContext, Task<T>> work)
    {
        await opened.Lane.EnterAsync();
        try
        {
            await using NpgsqlTransaction transaction = await attempt.Connection.BeginTransactionAsync();
            WriteContext context = new(attempt.Connection, Process);
            await opened.Lane.EnterAsync(context);
            T result = await work(context);
            await opened.Lane.CommitHeldAsync(context, attempt, transaction);
            return result;
        }
        finally
        {
            opened.Lane.Leave();
        }
    }

    /// <summary>As <see cref="Withdrawal"/> says: for who reads what another node withdrew.</summary>
    public Task<bool> WaitForStartsAsync() =>
        _connections.Value.RunAsync(
            async attempt =>
            {
                await Withdrawal.PassAsync(attempt.Connection);
                return true;
            },
            CancellationToken.None
        );

    /// <summary>Of records and events, by one seek for each environment: later ones shall be greater.</summary>
    private static async Task<byte[]?> NewestIdAsync(NpgsqlConnection connection) =>
        (
            await connection.ExecuteScalarAsync<Guid?>(
                """
                SELECT id FROM (
                  SELECT (SELECT r.id FROM audit_record r WHERE r.environment_id = v.id ORDER BY r.id DESC LIMIT 1) AS id
                  FROM environment v
                  UNION ALL
                  SELECT (SELECT e.id FROM event e WHERE e.environment_id = v.id ORDER BY e.id DESC LIMIT 1)
                  FROM environment v) newest
                WHERE id IS NOT NULL ORDER BY id DESC LIMIT 1
                """
            )
        )?.ToByteArray(bigEndian: true);

    private Task<T> LookAsync<T>(Func<NpgsqlConnection, Task<T>> look, CancellationToken cancellationToken) =>
        TranslatedAsync(async () =>
        {
            await using NpgsqlConnection connection = await _connections.Value.OpenAsync(cancellationToken);
            return await look(connection);
        });

    private static async Task<T> TranslatedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (StorageErrors.Translate(e) is not null)
        {
            StorageErrors.Throw(e);
            throw;
        }
    }

    private sealed record Opened(AuditLane Lane, CallQueue Calls, NodeClaim Claim);
}
