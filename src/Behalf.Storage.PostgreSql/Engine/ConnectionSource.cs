using System.Net;
using Behalf.Storage.PostgreSql.Schema;
using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Opens connections of one pool that all behave alike. Safe to call concurrently.</summary>
internal sealed class ConnectionSource : IAsyncDisposable
{
    private const int MostConnections = 30;
    private const int MostPrepared = 200;
    private const int MostAttempts = 4;

    /// <summary>
    /// Our statements find rows by keys, whatever the values: planning them anew or compiling them costs more than running
    /// them. A commit is on the disk before it counts, whatever the server, the database or the role is set to: what was
    /// answered, and a refresh token that was given once, must not be lost. Of a node that is gone in the middle of what it
    /// sends, the database hears by itself and lets its locks go.
    /// </summary>
    private const string SessionSettings = """
        SET plan_cache_mode = force_generic_plan; SET jit = off;
        SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
        SET tcp_user_timeout = '35s';
        SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local')
        """;

    private readonly NpgsqlDataSource _connections;
    private readonly TimeProvider? _testClock;

    static ConnectionSource() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <param name="connectionString">As the operator gave it.</param>
    /// <param name="time">The system's clock means the database's own; another one, of a test, takes its place.</param>
    /// <exception cref="StorageUnavailableException">The connection string cannot be read. The message holds nothing of it.</exception>
    public ConnectionSource(string connectionString, TimeProvider time)
    {
        _connections = Pool(WithDefaults(connectionString));
        _testClock = time == TimeProvider.System ? null : time;
    }

    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _connections.OpenConnectionAsync(cancellationToken);
        if (_testClock is { } clock)
        {
            await connection.ExecuteAsync(
                $"SELECT set_config('{PostgreSqlSchema.TestClock}', @now, false)",
                new { now = $"{clock.GetUtcNow().ToColumn()}" }
            );
        }

        return connection;
    }

    public NpgsqlConnection Open() => _connections.OpenConnection();

    /// <summary>
    /// Runs work, and runs it again where that is certainly not a second time: the database undid it for another
    /// transaction, or the connection was lost before its commit was sent.
    /// </summary>
    public async Task<T> RunAsync<T>(Func<Attempt, Task<T>> work, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            bool mayRepeat = attempt < MostAttempts;
            Attempt? current = null;
            try
            {
                await using NpgsqlConnection connection = await OpenAsync(cancellationToken);
                current = new Attempt(connection, attempt == 1);
                return await work(current);
            }
            catch (Exception e) when (mayRepeat && StorageErrors.IsConflict(e))
            {
                continue;
            }
            catch (Exception e)
                when (mayRepeat && current is not { IsCommitting: true } && StorageErrors.IsLostConnection(e))
            {
                _connections.Clear(); // the others of the pool are as old as the one that broke
            }
        }
    }

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    /// <summary>With several hosts the one that takes writes, whichever that is after a failover.</summary>
    private static NpgsqlDataSource Pool(NpgsqlConnectionStringBuilder connection)
    {
        bool isSeveral = connection.Host?.Contains(',', StringComparison.Ordinal) == true;
        if (isSeveral)
        {
            connection.Remove("Target Session Attributes");
        }

        NpgsqlDataSourceBuilder builder = new(connection.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            session =>
            {
                using NpgsqlCommand set = new(SessionSettings, session);
                set.ExecuteNonQuery();
            },
            async session =>
            {
                await using NpgsqlCommand set = new(SessionSettings, session);
                await set.ExecuteNonQueryAsync();
            }
        );
        return isSeveral
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }

    private static NpgsqlConnectionStringBuilder WithDefaults(string connectionString)
    {
        NpgsqlConnectionStringBuilder given;
        try
        {
            given = new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or FormatException)
        {
            // Not with its cause, whose message repeats parts of the string: it may hold a password.
            throw new StorageUnavailableException(
                StorageFault.Io,
                "The connection string of the database cannot be read; it looks like \"Host=db.example;Database=behalf;Username=behalf\"."
            );
        }

        NpgsqlConnectionStringBuilder used = new()
        {
            ApplicationName = "behalf",
            MaxPoolSize = MostConnections,
            MaxAutoPrepare = MostPrepared,
            AutoPrepareMinUsages = 3,
            NoResetOnClose = true, // nothing is ever kept in a session
            Enlist = false,
        };
        if (IsHere(given.Host) && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PGGSSENCMODE")))
        {
            used.GssEncryptionMode = GssEncryptionMode.Disable; // looking for Kerberos takes time and memory
        }

        foreach (string name in given.Keys!)
        {
            used[name] = given[name];
        }

        return used;
    }

    /// <summary>By a socket's folder or the loopback: no network is between, or what forwards over one sees to it.</summary>
    private static bool IsHere(string? host) =>
        host is "localhost"
        || host?.StartsWith('/') == true
        || IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address);
}
