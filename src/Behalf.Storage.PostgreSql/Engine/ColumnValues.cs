namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>How ids and texts stand in columns, and back.</summary>
internal static class ColumnValues
{
    private const char Replacement = '\uFFFD';

    public static Guid ToColumn<TId>(this TId id)
        where TId : struct, IEntityId<TId> => id.Value;

    public static TId ToId<TId>(this Guid column)
        where TId : struct, IEntityId<TId> => TId.From(column);

    /// <summary>
    /// PostgreSQL refuses NUL and what is not UTF-8. Text that came unchecked (a refused name in a denial) is kept readable
    /// instead of losing its record.
    /// </summary>
    public static string? ToStorable(this string? text)
    {
        if (text is null || IsStorable(text))
        {
            return text;
        }

        char[] storable = text.ToCharArray();
        for (int i = 0; i < storable.Length; i++)
        {
            if (char.IsHighSurrogate(storable[i]) && i + 1 < storable.Length && char.IsLowSurrogate(storable[i + 1]))
            {
                i++; // a pair
            }
            else if (storable[i] == '\0' || char.IsSurrogate(storable[i]))
            {
                storable[i] = Replacement;
            }
        }

        return new string(storable);
    }

    private static bool IsStorable(string text)
    {
        foreach (char c in text)
        {
            if (c == '\0' || char.IsSurrogate(c))
            {
                return false;
            }
        }

        return true;
    }
}
