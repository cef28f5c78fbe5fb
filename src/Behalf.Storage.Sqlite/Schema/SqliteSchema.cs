using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Schema;

/// <summary>Checks and migrates one connection's database.</summary>
internal sealed class SqliteSchema(IReadOnlyList<Migration> known)
{
    private const string Another = "file";

    private const string Ledger = """
        CREATE TABLE IF NOT EXISTS schema_migration (
          number INTEGER NOT NULL PRIMARY KEY,
          name TEXT NOT NULL,
          sha256 TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('applying', 'applied')),
          applied_at INTEGER NOT NULL
        ) STRICT
        """;

    /// <value>Where no file is yet.</value>
    public SchemaStatus OfNothing => SchemaComparison.WithoutLedger(isEmpty: true, known, Another);

    public SchemaStatus Check(SqliteConnection connection)
    {
        HashSet<string> tables = connection
            .Query<string>(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            )
            .ToHashSet(StringComparer.Ordinal);
        return tables.Contains(SchemaComparison.Ledger)
            ? SchemaComparison.Compare(
                connection
                    .Query<AppliedMigration>("SELECT number, sha256, state FROM schema_migration ORDER BY number")
                    .AsList(),
                known
            )
            : SchemaComparison.WithoutLedger(tables.Count == 0, known, Another);
    }

    /// <summary>Each migration and its record are one transaction: a crash leaves all of it or nothing.</summary>
    public IReadOnlyList<int> Migrate(SqliteConnection connection)
    {
        IReadOnlyList<int> pending = Check(connection).Accept().Pending;
        foreach (Migration migration in known.Where(m => pending.Contains(m.Number)))
        {
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                connection.Execute(Ledger);
                connection.Execute(migration.Script);
                connection.Execute(
                    """
                    INSERT INTO schema_migration (number, name, sha256, state, applied_at)
                    VALUES (@Number, @Name, @Sha256, 'applied', behalf_now())
                    """,
                    migration
                );
                connection.Execute("COMMIT");
            }
            catch
            {
                if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
                {
                    connection.Execute("ROLLBACK");
                }

                throw;
            }
        }

        return pending;
    }

    public string Script(SqliteConnection? connection)
    {
        HashSet<int> pending = connection is null
            ? [.. known.Select(m => m.Number)]
            : [.. Check(connection).Accept().Pending];
        StringBuilder script = new();
        foreach (Migration migration in known.Where(m => pending.Contains(m.Number)))
        {
            script.Append(
                $"""
                -- Migration {migration.Number}: {migration.Name}
                BEGIN IMMEDIATE;
                {Ledger};
                {migration.Script.TrimEnd()}
                INSERT INTO schema_migration (number, name, sha256, state, applied_at)
                VALUES ({migration.Number}, '{migration.Name}', '{migration.Sha256}', 'applied', CAST(unixepoch('subsec') * 1000000 AS INTEGER));
                COMMIT;

                """
            );
        }

        return script.ToString();
    }
}
