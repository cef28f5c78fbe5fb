namespace Behalf.Connections;

/// <summary>Pages of a short list that is whole in memory, with the meaning they have in a store.</summary>
internal static class KeyedList
{
    public static Page<T> Page<T>(IEnumerable<T> items, Func<T, Guid> keyOf, PageRequest page)
    {
        T[] all = [.. items.OrderBy(keyOf)];
        T[] side =
        [
            .. all.Where(item =>
                (page.After is not { } after || keyOf(item).CompareTo(after) > 0)
                && (page.Before is not { } before || keyOf(item).CompareTo(before) < 0)
            ),
        ];
        T[] rows = page.Before is null ? [.. side.Take(page.Size)] : [.. side.TakeLast(page.Size)];
        if (rows.Length == 0)
        {
            return new Page<T>([], null, null, all.Length);
        }

        Guid first = keyOf(rows[0]);
        Guid last = keyOf(rows[^1]);
        return new Page<T>(
            rows,
            keyOf(all[^1]) == last ? null : last,
            keyOf(all[0]) == first ? null : first,
            all.Length
        );
    }
}
