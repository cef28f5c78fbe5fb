namespace Behalf.Connectors;

/// <summary>Finds the known name a mistyped one most likely means (edit distance at most a third of its length).</summary>
internal static class NearestName
{
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > 100)
        {
            return null;
        }

        (string? best, int distance) = (null, Math.Max(2, name.Length / 3) + 1);
        foreach (string candidate in known.Order(StringComparer.Ordinal))
        {
            int d =
                candidate.Contains(name, StringComparison.OrdinalIgnoreCase)
                || name.Contains(candidate, StringComparison.OrdinalIgnoreCase)
                    ? 1
                    : Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (d < distance)
            {
                (best, distance) = (candidate, d);
            }
        }

        return best;
    }

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
