namespace Behalf.Storage.Copying;

/// <param name="Written">Rows that this run wrote; the rest was there from a run before.</param>
public sealed record CopiedRows(string Table, long Rows, long Written);

/// <summary>The copy is not what it was made of, or cannot be made.</summary>
public sealed class CopyFailedException(string message) : Exception(message);

/// <summary>
/// Moves an installation to another database: table by table in bundles that are committed with how far they came, so that
/// a run that was broken off is simply repeated; then every row is read again on both sides and compared.
/// </summary>
public sealed class DatabaseCopy(ICopySource source, ICopyTarget target)
{
    private const int Bundle = 2_000;

    /// <param name="told">Gets each table once it is compared.</param>
    /// <exception cref="CopyFailedException">The schemas differ, or a table does.</exception>
    /// <exception cref="SchemaRefusedException">The target holds something else.</exception>
    public async Task<IReadOnlyList<CopiedRows>> RunAsync(Action<CopiedRows> told, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(told);
        await target.BeginAsync(await source.IdentityAsync(cancellationToken), cancellationToken);
        IReadOnlyList<CopiedTable> tables = await CommonAsync(cancellationToken);
        Dictionary<string, long> written = [];
        foreach (CopiedTable table in tables)
        {
            written[table.Name] = await WriteAsync(table, cancellationToken);
        }

        List<CopiedRows> copied = [];
        foreach (CopiedTable table in tables)
        {
            CopiedRows rows = new(table.Name, await CompareAsync(table, cancellationToken), written[table.Name]);
            copied.Add(rows);
            told(rows);
        }

        await target.FinishAsync(cancellationToken);
        return copied;
    }

    /// <summary>Every table of the source must be there with its columns: what would be left behind is named.</summary>
    private async Task<IReadOnlyList<CopiedTable>> CommonAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<CopiedTable> there = await target.TablesAsync(cancellationToken);
        HashSet<string> here = new(await source.TablesAsync(cancellationToken), StringComparer.Ordinal);
        if (here.Except(there.Select(table => table.Name)).Order().ToArray() is [var left, ..])
        {
            throw new CopyFailedException($"The table {left} has no place in the other database; nothing was copied.");
        }

        CopiedTable[] common = [.. there.Where(table => here.Contains(table.Name))];
        foreach (CopiedTable table in common)
        {
            IReadOnlyList<string> columns = await source.ColumnsAsync(table.Name, cancellationToken);
            string[] names = [.. table.Columns.Select(column => column.Name)];
            if (columns.Except(names).Concat(names.Except(columns)).FirstOrDefault() is { } differing)
            {
                throw new CopyFailedException(
                    $"The column {table.Name}.{differing} is in one of the two databases only; nothing was copied."
                );
            }
        }

        return common;
    }

    private async Task<long> WriteAsync(CopiedTable table, CancellationToken cancellationToken)
    {
        long before = await target.WrittenAsync(table, cancellationToken);
        long written = before;
        List<object?[]> bundle = [];
        await foreach (object?[] row in source.ReadAsync(table, before, cancellationToken))
        {
            bundle.Add(row);
            if (bundle.Count == Bundle)
            {
                await target.WriteAsync(table, bundle, written, cancellationToken);
                written += bundle.Count;
                bundle.Clear();
                Milestone.Reached(Milestone.CopyBundleCommitted, table.Name);
            }
        }

        if (bundle.Count > 0)
        {
            await target.WriteAsync(table, bundle, written, cancellationToken);
            written += bundle.Count;
        }

        return written - before;
    }

    private async Task<long> CompareAsync(CopiedTable table, CancellationToken cancellationToken)
    {
        using TableSum here = new();
        using TableSum there = new();
        await foreach (object?[] row in source.ReadAsync(table, 0, cancellationToken))
        {
            here.Add(row);
        }

        await foreach (object?[] row in target.ReadAsync(table, cancellationToken))
        {
            there.Add(row);
        }

        return here.Equals(there)
            ? here.Rows
            : throw new CopyFailedException(
                $"The table {table.Name} has {here.Rows} rows here and {there.Rows} there, and they are not the same. Empty the other database and copy again."
            );
    }
}
