using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Schema;

/// <summary>Settings of the server on which promises rest.</summary>
internal static class ServerHealth
{
    private const int LeastVersion = 15;

    public static async Task<DatabaseHealth> OfAsync(NpgsqlConnection connection)
    {
        // The setting that a session begins with, which ours raise for themselves.
        (DateTime now, string commit, string fsync, string fullPages, bool isStandby) =
            await connection.QuerySingleAsync<(DateTime, string, string, string, bool)>(
                """
                SELECT clock_timestamp() AT TIME ZONE 'UTC',
                  (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'),
                  current_setting('fsync'), current_setting('full_page_writes'), pg_is_in_recovery()
                """
            );
        List<string> problems = [];
        if (connection.PostgreSqlVersion.Major < LeastVersion)
        {
            problems.Add($"PostgreSQL {connection.PostgreSqlVersion} is older than {LeastVersion}: upgrade it");
        }

        if (commit is "off" or "local")
        {
            problems.Add(
                $"synchronous_commit is {commit}: our sessions turn it on for themselves, which a transaction pooler may undo, and then what was answered can be lost, refresh tokens with it; set it to on"
            );
        }

        if (fsync != "on" || fullPages != "on")
        {
            problems.Add("fsync or full_page_writes is off: a power cut can damage everything; set both to on");
        }

        if (isStandby)
        {
            problems.Add(
                "this is a standby: nothing can be written; name the primary, or both with Target Session Attributes=primary"
            );
        }

        return new DatabaseHealth(
            new DateTimeOffset(DateTime.SpecifyKind(now, DateTimeKind.Utc)),
            $"PostgreSQL {connection.PostgreSqlVersion}",
            problems
        );
    }
}
