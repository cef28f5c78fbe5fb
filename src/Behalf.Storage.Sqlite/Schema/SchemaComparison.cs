using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Schema;

/// <summary>What stands in a database beside what this build knows.</summary>
internal static class SchemaComparison
{
    public const string Applied = "applied";

    public static SchemaStatus Compare(SqliteConnection connection, IReadOnlyList<Migration> known)
    {
        int latest = known.Count;
        HashSet<string> tables = connection
            .Query<string>(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            )
            .ToHashSet(StringComparer.Ordinal);
        if (!tables.Contains("schema_migration"))
        {
            return tables.Count == 0
                ? new SchemaStatus(0, latest, Numbers(known), null)
                : new SchemaStatus(
                    0,
                    latest,
                    [],
                    "The database holds tables but no record of Behalf's migrations: it belongs to something else. Name another file."
                );
        }

        List<AppliedRow> applied = connection
            .Query<AppliedRow>("SELECT number, sha256, state FROM schema_migration ORDER BY number")
            .AsList();
        int current = (int)(applied.LastOrDefault()?.Number ?? 0);
        string? problem = applied.Select((row, index) => Judge(row, index, known)).FirstOrDefault(p => p is not null);
        return new SchemaStatus(current, latest, problem is null ? Numbers(known.Skip(applied.Count)) : [], problem);
    }

    private static string? Judge(AppliedRow row, int index, IReadOnlyList<Migration> known)
    {
        if (row.Number > known.Count)
        {
            return $"The database has migration {row.Number}, this build knows {known.Count}: it was used by a newer version. Run that version or a later one.";
        }

        if (row.Number != index + 1)
        {
            return $"Migration {index + 1} is missing although {row.Number} was applied. Restore a backup.";
        }

        if (row.State != Applied)
        {
            return $"Migration {row.Number} was begun and not finished (state {row.State}). Restore the backup made before it.";
        }

        return row.Sha256 == known[index].Sha256
            ? null
            : $"Migration {row.Number} was applied in another form than this build's: one of the two was altered. Use the build that made the database, or restore a backup.";
    }

    private static int[] Numbers(IEnumerable<Migration> migrations) => [.. migrations.Select(m => m.Number)];

    private sealed record AppliedRow
    {
        public required long Number { get; init; }

        public required string Sha256 { get; init; }

        public required string State { get; init; }
    }
}
