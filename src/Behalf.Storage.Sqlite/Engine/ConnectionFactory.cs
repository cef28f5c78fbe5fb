using Dapper;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>Opens connections that all behave alike: the same clock, the same pragmas.</summary>
internal sealed class ConnectionFactory(string databasePath, TimeProvider time)
{
    /// <summary>How long a statement waits for a lock that another process holds.</summary>
    private const int BusySeconds = 5;

    static ConnectionFactory()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        Batteries_V2.Init();
        // Each connection is used by one thread at a time, and nobody asks how much memory it took: no locks for either.
        // Refused where something else of the process opened a database before: then the locks stay, and cost a little.
        IsWithoutLocks =
            raw.sqlite3_config(raw.SQLITE_CONFIG_MULTITHREAD) == raw.SQLITE_OK
            && raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0) == raw.SQLITE_OK;
    }

    /// <value>False: something else of the process opened a database first.</value>
    public static bool IsWithoutLocks { get; }

    public PreparedConnection OpenWriter()
    {
        PreparedConnection connection = Open(SqliteOpenMode.ReadWrite);
        // FULL: with NORMAL a power cut can take the last committed refresh token, which the provider already replaced.
        connection.Execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = ON;
            """
        );
        return connection;
    }

    public PreparedConnection OpenReader()
    {
        PreparedConnection connection = Open(SqliteOpenMode.ReadWrite); // WAL readers write the shared index
        connection.Execute($"PRAGMA query_only = ON; PRAGMA busy_timeout = {1000 * BusySeconds};");
        return connection;
    }

    /// <summary>For looking at a database that may not be ours, or that another process serves.</summary>
    public SqliteConnection OpenReadOnly() => Open(SqliteOpenMode.ReadOnly);

    private PreparedConnection Open(SqliteOpenMode mode)
    {
        PreparedConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = databasePath,
                Mode = mode,
                Pooling = false,
                DefaultTimeout = BusySeconds,
            }.ToString()
        );
        try
        {
            connection.Open();
            connection.CreateFunction("behalf_now", () => time.GetUtcNow().ToColumn());
            connection.Execute("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;");
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            StorageErrors.Throw(e);
            throw;
        }
    }
}
