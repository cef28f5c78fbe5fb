using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>A row that knows the key its page is ordered by.</summary>
internal interface IKeyedRow
{
    Guid PageKey { get; }
}

/// <summary>
/// Reads one page in the order of an id, forwards or backwards. The conditions and the key are SQL of this assembly, never
/// of a caller. Its three statements need one snapshot: <see cref="PostgreSqlDatabase.ReadTogetherAsync"/>.
/// </summary>
/// <param name="Select">Columns and tables.</param>
/// <param name="From">The tables that the conditions need, for counting.</param>
/// <param name="Where">Conditions, joined by AND.</param>
/// <param name="Key">The qualified key column.</param>
internal sealed record PageQuery(string Select, string From, string Where, string Key)
{
    private const int LargestSize = 1000;
    private const int CountedUpTo = 10_000;

    public async Task<Page<T>> ReadAsync<TRow, T>(
        Session session,
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
        values.Add("pageKey", page.Before ?? page.After ?? Guid.Empty);
        values.Add("pageSize", page.Size + 1);

        int total = await session.ValueAsync<int>(
            $"SELECT count(*)::integer FROM (SELECT 1 FROM {From} WHERE {Where} LIMIT {CountedUpTo}) counted",
            values
        );
        List<TRow> rows = await session.QueryAsync<TRow>(
            $"""
            {Select} WHERE {Where} AND {Key} {(backwards ? "< @pageKey" : "> @pageKey")}
            ORDER BY {Key} {(backwards ? "DESC" : "ASC")} LIMIT @pageSize
            """,
            values
        );
        bool more = rows.Count > page.Size;
        if (more)
        {
            rows.RemoveAt(rows.Count - 1);
        }

        if (backwards)
        {
            rows.Reverse();
        }

        bool rest =
            rows.Count > 0 && await AnyAsync(session, values, backwards ? ">" : "<", backwards ? rows[^1] : rows[0]);
        (bool follows, bool precedes) = backwards ? (rest, more) : (more, rest);
        return new Page<T>(
            [.. rows.Select(map)],
            follows ? rows[^1].PageKey : null,
            precedes ? rows[0].PageKey : null,
            total
        );
    }

    private Task<bool> AnyAsync(Session session, DynamicParameters values, string side, IKeyedRow row)
    {
        values.Add("edgeKey", row.PageKey);
        return session.ValueAsync<bool>(
            $"SELECT EXISTS (SELECT 1 FROM {From} WHERE {Where} AND {Key} {side} @edgeKey)",
            values
        );
    }
}
