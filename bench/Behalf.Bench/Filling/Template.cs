namespace Behalf.Bench.Filling;

/// <summary>
/// Rows of one table that are copies of one the product wrote, apart from what is named: a column that comes with a later
/// migration is filled as the product fills it.
/// </summary>
internal sealed class Template
{
    private readonly object?[] _row;
    private readonly int[] _places;

    private Template(string table, Dictionary<string, object?> row, string[] own)
    {
        Table = table;
        Columns = [.. row.Keys];
        _row = [.. row.Values];
        _places = [.. own.Select(name => Columns.ToList().IndexOf(name))];
        if (_places.Contains(-1))
        {
            throw new ArgumentException($"{table} has no column {own[Array.IndexOf(_places, -1)]}.", nameof(own));
        }
    }

    public string Table { get; }

    public IReadOnlyList<string> Columns { get; }

    /// <param name="where">Finds the row that is copied.</param>
    /// <param name="own">The columns that <see cref="Row"/> is given, in that order.</param>
    public static async Task<Template> OfAsync(IBulk bulk, string table, string where, params string[] own)
    {
        Dictionary<string, object?> row = await bulk.RowAsync($"SELECT * FROM {table} WHERE {where}");
        return new Template(table, row, own);
    }

    public object? this[string column] => _row[Columns.ToList().IndexOf(column)];

    public object?[] Row(params ReadOnlySpan<object?> own)
    {
        object?[] row = [.. _row];
        for (int i = 0; i < own.Length; i++)
        {
            row[_places[i]] = own[i];
        }

        return row;
    }
}
