namespace Behalf.Bench.Filling;

/// <summary>A database that is filled past its server: many rows at once, with the indexes built afterwards.</summary>
internal interface IBulk : IAsyncDisposable
{
    /// <summary>An id or digest as the database's columns hold it.</summary>
    object Id(Guid id);

    /// <returns>The one row that the statement finds, by column: what the product itself wrote.</returns>
    Task<Dictionary<string, object?>> RowAsync(string sql);

    Task ExecuteAsync(string sql);

    /// <param name="columns">Of every row, in its order.</param>
    Task LoadAsync(string table, IReadOnlyList<string> columns, IEnumerable<object?[]> rows);

    /// <summary>Takes the tables' indexes away, apart from their keys.</summary>
    /// <returns>What makes them again.</returns>
    Task<IReadOnlyList<string>> DropIndexesAsync(IReadOnlyList<string> tables);

    /// <summary>What a database does by itself in the hours after so many rows came.</summary>
    Task SettleAsync();

    /// <returns>On disk, with indexes and log.</returns>
    Task<long> BytesAsync();
}
