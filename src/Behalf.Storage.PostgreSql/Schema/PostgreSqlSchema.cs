using System.Text;
using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Schema;

/// <summary>Checks and migrates the schema that a connection's search path names first.</summary>
/// <param name="isCopying">Whoever takes in another database: what is unfinished is its own.</param>
internal sealed class PostgreSqlSchema(IReadOnlyList<Migration> known, bool isCopying = false)
{
    /// <summary>The setting that <c>behalf_now()</c> prefers to the clock; only tests use it.</summary>
    public const string TestClock = "behalf.now";

    /// <summary>There while a copy of another database is not finished.</summary>
    public const string CopyProgress = "database_copy";

    private const string Another = "database or schema";

    /// <summary>Two processes that start together migrate one after the other.</summary>
    private const long Lock = 0x626568616C660002;

    private const string Ledger = """
        CREATE TABLE IF NOT EXISTS schema_migration (
          number integer NOT NULL PRIMARY KEY,
          name text NOT NULL,
          sha256 text NOT NULL,
          state text NOT NULL CHECK (state IN ('applying', 'applied')),
          applied_at bigint NOT NULL
        )
        """;

    public async Task<SchemaStatus> CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        HashSet<string> tables =
        [
            .. await connection.QueryAsync<string>(
                new CommandDefinition(
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
                    cancellationToken: cancellationToken
                )
            ),
        ];
        if (!isCopying && tables.Contains(CopyProgress))
        {
            return new SchemaStatus(
                0,
                known.Count,
                [],
                "The database holds an unfinished copy of another one. Run `behalf database copy` again until it is done."
            );
        }

        return tables.Contains(SchemaComparison.Ledger)
            ? SchemaComparison.Compare(
                (
                    await connection.QueryAsync<AppliedMigration>(
                        new CommandDefinition(
                            "SELECT number::bigint AS number, sha256, state FROM schema_migration ORDER BY number",
                            cancellationToken: cancellationToken
                        )
                    )
                ).AsList(),
                known
            )
            : SchemaComparison.WithoutLedger(tables.Count == 0, known, Another);
    }

    /// <summary>Each migration and its record are one transaction: a crash leaves all of it or nothing.</summary>
    public async Task<IReadOnlyList<int>> MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<int> applied = [];
        while (await ApplyNextAsync(connection, cancellationToken) is { } number)
        {
            applied.Add(number);
        }

        return applied;
    }

    public async Task<string> ScriptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> pending = (await CheckAsync(connection, cancellationToken)).Accept().Pending;
        StringBuilder script = new();
        foreach (Migration migration in known.Where(m => pending.Contains(m.Number)))
        {
            script.Append(
                $"""
                -- Migration {migration.Number}: {migration.Name}
                BEGIN;
                {Ledger};
                {migration.Script.TrimEnd()}
                INSERT INTO schema_migration (number, name, sha256, state, applied_at)
                VALUES ({migration.Number}, '{migration.Name}', '{migration.Sha256}', 'applied', behalf_now());
                COMMIT;

                """
            );
        }

        return script.ToString();
    }

    private async Task<int?> ApplyNextAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        // However long another node migrates, and however long a large table takes.
        await connection.ExecuteAsync($"SELECT pg_advisory_xact_lock({Lock})", commandTimeout: 0);
        SchemaStatus status = (await CheckAsync(connection, cancellationToken)).Accept();
        if (status.IsCurrent)
        {
            return null;
        }

        Migration next = known.Single(migration => migration.Number == status.Pending[0]);
        await connection.ExecuteAsync(Ledger);
        await connection.ExecuteAsync(next.Script, commandTimeout: 0);
        await connection.ExecuteAsync(
            """
            INSERT INTO schema_migration (number, name, sha256, state, applied_at)
            VALUES (@Number, @Name, @Sha256, 'applied', behalf_now())
            """,
            next
        );
        await transaction.CommitAsync(cancellationToken);
        return next.Number;
    }
}
