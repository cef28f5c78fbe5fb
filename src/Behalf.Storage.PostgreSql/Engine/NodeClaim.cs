using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Holds this node's name, says regularly that the node lives, and ends what dead ones left. Whoever starts later under
/// the same name has it: the one before can write no record any more.
/// </summary>
internal sealed partial class NodeClaim : IAsyncDisposable
{
    private readonly ConnectionSource _connections;
    private readonly NodeName _node;
    private readonly DatabaseClock _clock;
    private readonly PostgreSqlStorageOptions _options;
    private readonly ILogger _logger;
    private readonly OldMarks _oldMarks = new(TimeProvider.System);
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private bool _lost;

    public NodeClaim(
        ConnectionSource connections,
        NodeName node,
        DatabaseClock clock,
        PostgreSqlStorageOptions options,
        ILogger logger
    )
    {
        _connections = connections;
        _node = node;
        _clock = clock;
        _options = options;
        _logger = logger;
    }

    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _connections.OpenAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Waits for the records that a process of this name is committing at the moment.
        string? before = await connection.ExecuteScalarAsync<string?>(
            "SELECT process FROM node WHERE name = @Name FOR UPDATE",
            _node
        );
        await connection.ExecuteAsync(
            """
            INSERT INTO node (name, process, fence, started_at, heartbeat_at, steady_since)
            VALUES (@Name, @Process, 1, clock_timestamp(), clock_timestamp(), clock_timestamp())
            ON CONFLICT (name) DO UPDATE
            SET process = excluded.process, fence = node.fence + 1, started_at = excluded.started_at,
              heartbeat_at = excluded.heartbeat_at, steady_since = excluded.steady_since, held_keys = NULL
            """,
            _node
        );
        // What the process before sent, this one may have the answer to (in its spool): nobody else asks meanwhile.
        await connection.ExecuteAsync(
            "UPDATE refresh_state SET owner = @Process WHERE owner = @before AND attempt_state IN (1, 6)",
            new { _node.Process, before }
        );
        await transaction.CommitAsync(cancellationToken);
        await _clock.ReadAsync(connection);
        await EndDeadLeasesAsync(connection);
    }

    public void StartBeating() => _loop = Task.Run(BeatAsync);

    /// <summary>Completes when this process has the name still, and the database takes writes.</summary>
    /// <exception cref="StorageUnavailableException">One of the two is not so.</exception>
    public async Task RequireHeldAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await _connections.OpenAsync(cancellationToken);
        if (await BeatAsync(connection, cancellationToken) == 0) // a write, which a full disk or a standby refuses
        {
            throw _node.Lost();
        }
    }

    /// <summary>The name is given up: what this process may have left is ended at once, not after a time.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
        try
        {
            await using NpgsqlConnection connection = await _connections.OpenAsync(CancellationToken.None);
            await connection.ExecuteAsync(
                "UPDATE node SET heartbeat_at = '-infinity' WHERE name = @Name AND process = @Process",
                _node
            );
        }
        catch (Exception e) when (StorageErrors.Translate(e) is not null)
        {
            Log.NotGivenUp(_logger, _node.Name, e);
        }
    }

    private async Task BeatAsync()
    {
        // The system's clock, also in tests: a clock that a test moves would make living nodes look dead.
        using PeriodicTimer timer = new(_options.Heartbeat, TimeProvider.System);
        try
        {
            long last = TimeProvider.System.GetTimestamp();
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                if (TimeProvider.System.GetElapsedTime(last) is var still && still > _options.DeadAfter)
                {
                    Log.StoodStill(_logger, _node.Name, still.TotalSeconds);
                }

                await BeatOnceAsync();
                last = TimeProvider.System.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private Task<int> BeatAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            new CommandDefinition(
                """
                UPDATE node
                SET heartbeat_at = clock_timestamp(), steady_since = CASE
                  WHEN heartbeat_at < clock_timestamp() - make_interval(secs => @longest) THEN clock_timestamp()
                  ELSE steady_since END
                WHERE name = @Name AND process = @Process
                """,
                new
                {
                    _node.Name,
                    _node.Process,
                    longest = _options.ShortestBreak.TotalSeconds,
                },
                cancellationToken: cancellationToken
            )
        );

    /// <summary>Whatever it ends with: the next beat comes, for a node that falls silent counts as dead.</summary>
    private async Task BeatOnceAsync()
    {
        try
        {
            await using NpgsqlConnection connection = await _connections.OpenAsync(_stopping.Token);
            bool held = await BeatAsync(connection, _stopping.Token) == 1;
            if (!held && !_lost)
            {
                Log.NameLost(_logger, _node.Name);
            }

            _lost = !held;
            await _clock.ReadAsync(connection);
            if (held)
            {
                await EndDeadLeasesAsync(connection);
                await _oldMarks.RemoveAsync(connection);
            }
        }
        catch (Exception e) when (StorageErrors.Translate(e) is not null)
        {
            Log.BeatFailed(_logger, e);
        }
#pragma warning disable CA1031 // logged as the fault it is; the loop goes on
        catch (Exception e) when (e is not OperationCanceledException || !_stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.BeatRefused(_logger, _node.Name, e);
        }
    }

    /// <summary>
    /// Nobody has to wait for the end of a dead process's lease. The attempt it made stays as it is: whether that was
    /// carried out is unknown. But a process that is silent and not replaced may still bring the answer to what it sent:
    /// such a lease runs to its end, or is overtaken.
    /// </summary>
    private Task<int> EndDeadLeasesAsync(NpgsqlConnection connection) =>
        connection.ExecuteAsync(
            $"""
            UPDATE refresh_state SET owner = NULL, lease_until = NULL
            WHERE (environment_id, account_id) IN (
              SELECT r.environment_id, r.account_id FROM refresh_state r
              WHERE r.owner IS NOT NULL AND NOT {NodeName.Lives("r.owner")}
                AND NOT (r.attempt_state IN (1, 6) AND {NodeName.MayComeBack("r.owner")})
              FOR UPDATE SKIP LOCKED)
            """,
            new { deadAfter = _options.DeadAfter.TotalSeconds }
        );

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 4201,
            Level = LogLevel.Critical,
            Message = "Another process serves as node {Node}: this one can write nothing any more. Stop it, or give it a name of its own (Behalf:Node)"
        )]
        public static partial void NameLost(ILogger logger, string node);

        [LoggerMessage(
            EventId = 4202,
            Level = LogLevel.Warning,
            Message = "The database could not be told that this node lives"
        )]
        public static partial void BeatFailed(ILogger logger, Exception exception);

        [LoggerMessage(
            EventId = 4206,
            Level = LogLevel.Error,
            Message = "The database refused what node {Node} does to say that it lives; it will be tried again"
        )]
        public static partial void BeatRefused(ILogger logger, string node, Exception exception);

        [LoggerMessage(
            EventId = 4203,
            Level = LogLevel.Warning,
            Message = "Node {Node} could not say that it ends; the others will notice by its silence"
        )]
        public static partial void NotGivenUp(ILogger logger, string node, Exception exception);

        [LoggerMessage(
            EventId = 4205,
            Level = LogLevel.Warning,
            Message = "Node {Node} stood still for {Seconds:0} s, and the others may have counted it as dead: the process or its machine was stopped"
        )]
        public static partial void StoodStill(ILogger logger, string node, double seconds);
    }
}
