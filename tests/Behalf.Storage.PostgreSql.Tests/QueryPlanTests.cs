using Behalf.TestPostgreSql;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>What the planner makes of statements that every call asks, on tables as full ones are.</summary>
public sealed class QueryPlanTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AccountOnAConnection_IsFoundWithoutTheUsersOthers_WhereMostUsersHaveOne()
    {
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        await using (
            PostgreSqlDatabase behalf = new(
                Options.Create(new PostgreSqlStorageOptions { ConnectionString = database }),
                Options.Create(new BehalfOptions()),
                TimeProvider.System,
                new SharedClock(TimeProvider.System),
                NullLogger<PostgreSqlDatabase>.Instance
            )
        )
        {
            await behalf.MigrateAsync(Cancellation);
        }

        await using NpgsqlConnection connection = new(database);
        await connection.OpenAsync(Cancellation);
        await connection.ExecuteAsync(
            """
            SET session_replication_role = replica;
            INSERT INTO account (environment_id, id, connection_id, identifier, incarnation, status, generation,
              granted_scopes, created_at, updated_at, row_version)
            SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(),
              CASE WHEN n > 30000 THEN gen_random_uuid() ELSE lpad((n % 20)::text, 32, '0')::uuid END,
              CASE WHEN n > 30000 THEN 'bob' ELSE 'user' || n END, 1, 2, 1, '', 1, 1, 1
            FROM generate_series(1, 31000) n;
            ANALYZE account;
            """
        );
        await connection.ExecuteAsync("SET plan_cache_mode = force_generic_plan"); // as calls are prepared
        await connection.ExecuteAsync(
            """
            PREPARE one (uuid, text, uuid) AS SELECT a.id FROM account a
            WHERE a.environment_id = $1 AND a.identifier = $2 AND a.deleted_at IS NULL AND a.connection_id = $3
            """
        );
        IEnumerable<string> plan = await connection.QueryAsync<string>(
            "EXPLAIN EXECUTE one (gen_random_uuid(), 'bob', gen_random_uuid())"
        );

        string.Join('\n', plan).Should().Contain("account_live").And.NotContain("account_identifier");
    }
}
