using Dapper;
using Microsoft.Data.Sqlite;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>A row that knows the key its page is ordered by.</summary>
internal interface IKeyedRow
{
    /// <value>16 big-endian bytes.</value>
    byte[] PageKey { get; }
}

/// <summary>
/// Reads one page in the order of a 16-byte key, forwards or backwards, from one snapshot. The conditions and the key are
/// SQL of this assembly, never of a caller.
/// </summary>
/// <param name="Select">Columns and tables.</param>
/// <param name="From">The tables that the conditions need, for counting.</param>
/// <param name="Where">Conditions, joined by AND.</param>
/// <param name="Key">The qualified key column.</param>
/// <param name="Narrow">
/// The conditions have an index of their own: while they match few rows, these are found by it and sorted; when they match
/// many, a walk in the order of the key soon has its page.
/// </param>
internal sealed record PageQuery(string Select, string From, string Where, string Key, bool Narrow = false)
{
    private const int LargestSize = 1000;
    private const int CountedUpTo = 10_000;

    public Page<T> Read<TRow, T>(
        SqliteConnection connection,
        DynamicParameters values,
        PageRequest page,
        Func<TRow, T> map
    )
        where TRow : class, IKeyedRow
    {
        if (page is { After: not null, Before: not null })
        {
            throw new ArgumentException("A page begins after a key or ends before one, not both.", nameof(page));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(page.Size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Size, LargestSize);
        bool backwards = page.Before is not null;
        values.Add("pageKey", (page.Before ?? page.After ?? Guid.Empty).ToByteArray(bigEndian: true));
        values.Add("pageSize", page.Size + 1);

        connection.Execute("BEGIN DEFERRED"); // a reader that fails in between is closed by its pool
        int total = connection.ExecuteScalar<int>(
            $"SELECT count(*) FROM (SELECT 1 FROM {From} WHERE {Where} LIMIT {CountedUpTo})",
            values
        );
        string key = Narrow && total < CountedUpTo ? $"+{Key}" : Key; // the plus keeps the key's index out of it
        List<TRow> rows = connection
            .Query<TRow>(
                $"""
                {Select} WHERE {Where} AND {key} {(backwards ? "< @pageKey" : "> @pageKey")}
                ORDER BY {key} {(backwards ? "DESC" : "ASC")} LIMIT @pageSize
                """,
                values
            )
            .AsList();
        bool more = rows.Count > page.Size;
        if (more)
        {
            rows.RemoveAt(rows.Count - 1);
        }

        if (backwards)
        {
            rows.Reverse();
        }

        bool rest = rows.Count > 0 && Any(connection, values, backwards ? ">" : "<", backwards ? rows[^1] : rows[0]);
        connection.Execute("COMMIT");
        (bool follows, bool precedes) = backwards ? (rest, more) : (more, rest);
        return new Page<T>(
            [.. rows.Select(map)],
            follows ? new Guid(rows[^1].PageKey, bigEndian: true) : null,
            precedes ? new Guid(rows[0].PageKey, bigEndian: true) : null,
            total
        );
    }

    private bool Any(SqliteConnection connection, DynamicParameters values, string side, IKeyedRow row)
    {
        values.Add("edgeKey", row.PageKey);
        return connection.ExecuteScalar<long>(
                $"SELECT EXISTS (SELECT 1 FROM {From} WHERE {Where} AND {Key} {side} @edgeKey)",
                values
            ) != 0;
    }
}
