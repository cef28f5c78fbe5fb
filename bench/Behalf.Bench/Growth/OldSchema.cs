using System.Diagnostics;
using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;
using Behalf.Storage.PostgreSql;
using Behalf.Storage.PostgreSql.Schema;
using Behalf.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Behalf.Bench.Growth;

/// <summary>
/// The filled installation once more as its first schema held it, accounts and all but without the trail, and how long
/// <c>behalf database migrate</c> takes from there to the newest.
/// </summary>
internal static class OldSchema
{
    /// <value>What had rows then, in an order in which they may come. The trail has not been migrated since and is left out.</value>
    private static readonly string[] Tables =
    [
        "environment",
        "key_ring",
        "connector_revision",
        "api_client",
        "end_user",
        "connection",
        "account",
        "account_dek",
        "credential",
        "refresh_state",
        "account_use",
        "event",
    ];

    /// <summary>The server of the installation does not run meanwhile.</summary>
    public static Task<TimeSpan> MigrateAsync(Stand stand) =>
        stand.Server.Database.Length > 0 ? OnPostgreSqlAsync(stand.Server) : OnSqliteAsync(stand.Server);

    private static async Task<TimeSpan> OnPostgreSqlAsync(BehalfServer server)
    {
        await using NpgsqlConnection connection = new(
            $"{server.Database};Pooling=false;Command Timeout=0;Search Path=before"
        );
        await connection.OpenAsync();
        await RunAsync(
            connection,
            "CREATE SCHEMA before; SET synchronous_commit = off; SET session_replication_role = replica"
        );
        await new PostgreSqlSchema([PostgreSqlDatabase.Embedded[0]]).MigrateAsync(connection, CancellationToken.None);
        foreach (string table in Tables)
        {
            string columns = await ColumnsAsync(
                connection,
                $"""
                SELECT string_agg(b.column_name, ', ' ORDER BY b.ordinal_position)
                FROM information_schema.columns b JOIN information_schema.columns n USING (table_name, column_name)
                WHERE b.table_schema = 'before' AND n.table_schema = 'public' AND b.table_name = '{table}'
                """
            );
            await RunAsync(
                connection,
                $"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM public.{table}"
            );
        }

        TimeSpan took = await MigrateAsync(server.Data, $"{server.Database};Search Path=before");
        await RunAsync(connection, "DROP SCHEMA before CASCADE");
        return took;
    }

    private static async Task<TimeSpan> OnSqliteAsync(BehalfServer server)
    {
        string data = Path.Combine(server.Data, "before");
        string file = Path.Combine(data, "behalf.db");
        await using (
            SqliteDatabase database = new(
                Options.Create(new SqliteStorageOptions { DatabasePath = file }),
                Options.Create(new BehalfOptions()),
                TimeProvider.System,
                [SqliteDatabase.Embedded[0]]
            )
        )
        {
            await database.OpenAsync(CancellationToken.None);
        }

        await using (SqliteConnection connection = new($"Data Source={file};Pooling=False;Foreign Keys=False"))
        {
            await connection.OpenAsync();
            await RunAsync(
                connection,
                $"PRAGMA synchronous = OFF; ATTACH '{Path.Combine(server.Data, "behalf.db")}' AS filled"
            );
            foreach (string table in Tables)
            {
                string columns = await ColumnsAsync(
                    connection,
                    $"""
                    SELECT group_concat(b.name, ', ')
                    FROM pragma_table_info('{table}', 'main') b JOIN pragma_table_info('{table}', 'filled') n USING (name)
                    """
                );
                await RunAsync(
                    connection,
                    $"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM filled.{table}"
                );
            }
        }

        TimeSpan took = await MigrateAsync(data, null);
        Directory.Delete(data, recursive: true);
        return took;
    }

    private static async Task<TimeSpan> MigrateAsync(string data, string? database)
    {
        long began = Stopwatch.GetTimestamp();
        await Programs.RunAsync(
            ServerProcess.Executable("Behalf.Server"),
            [
                "database",
                "migrate",
                "--data",
                data,
                .. database is null ? Array.Empty<string>() : ["--database", database],
            ]
        );
        return Stopwatch.GetElapsedTime(began);
    }

    private static async Task<string> ColumnsAsync(System.Data.Common.DbConnection connection, string sql)
    {
        await using System.Data.Common.DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        return (string)(
            await command.ExecuteScalarAsync()
            ?? throw new StageException($"A table of the first schema is gone: {sql}")
        );
    }

    private static async Task RunAsync(System.Data.Common.DbConnection connection, string sql)
    {
        await using System.Data.Common.DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // of this file
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
