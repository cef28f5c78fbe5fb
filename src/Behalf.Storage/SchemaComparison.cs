namespace Behalf.Storage;

/// <summary>A row of the ledger of migrations.</summary>
internal sealed record AppliedMigration
{
    public required long Number { get; init; }

    public required string Sha256 { get; init; }

    /// <value><see cref="SchemaComparison.Applied"/>, or begun and not finished.</value>
    public required string State { get; init; }
}

/// <summary>What stands in a database beside what this build knows.</summary>
internal static class SchemaComparison
{
    public const string Ledger = "schema_migration";

    public const string Applied = "applied";

    /// <summary>Where there is no ledger.</summary>
    /// <param name="another">What to name instead, such as <c>file</c>.</param>
    public static SchemaStatus WithoutLedger(bool isEmpty, IReadOnlyList<Migration> known, string another) =>
        isEmpty
            ? new SchemaStatus(0, known.Count, Numbers(known), null)
            : new SchemaStatus(
                0,
                known.Count,
                [],
                $"The database holds tables but no record of Behalf's migrations: it belongs to something else. Name another {another}."
            );

    /// <param name="applied">The ledger, in the order of its numbers.</param>
    public static SchemaStatus Compare(IReadOnlyList<AppliedMigration> applied, IReadOnlyList<Migration> known)
    {
        int current = (int)(applied.Count == 0 ? 0 : applied[^1].Number);
        string? problem = applied.Select((row, index) => Judge(row, index, known)).FirstOrDefault(p => p is not null);
        return new SchemaStatus(
            current,
            known.Count,
            problem is null ? Numbers(known.Skip(applied.Count)) : [],
            problem
        );
    }

    /// <exception cref="SchemaRefusedException">The schema is not one this build may touch.</exception>
    public static SchemaStatus Accept(this SchemaStatus status) =>
        status.Problem is null ? status : throw new SchemaRefusedException(status.Problem);

    private static string? Judge(AppliedMigration row, int index, IReadOnlyList<Migration> known)
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
}
