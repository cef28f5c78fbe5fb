using System.Collections.Frozen;
using System.Text;

namespace Behalf.Unicode;

/// <summary>
/// Unicode normalization form C (UAX #15) from our own tables. The framework's own check needs ICU: without it, in
/// globalization-invariant mode, it calls every text normalized.
/// </summary>
internal static class CanonicalComposition
{
    private const int CompositeCells = 3;

    /// <value>Below it nothing has a combining class, composes with something before it or is refused.</value>
    private const int FirstOfInterest = 0x300;

    private static readonly FrozenDictionary<int, (int First, int Second)> Parts = Composites()
        .ToFrozenDictionary(row => row.Composite, row => (row.First, row.Second));

    private static readonly FrozenDictionary<(int First, int Second), int> Whole = Composites()
        .ToFrozenDictionary(row => (row.First, row.Second), row => row.Composite);

    /// <value>What may compose with something before it (NFC_QC=Maybe), apart from Hangul.</value>
    private static readonly FrozenSet<int> Seconds = Composites().Select(row => row.Second).ToFrozenSet();

    /// <summary>True when the text equals its own normalization form C. Time is n log n in the text's length.</summary>
    /// <param name="text">Valid UTF-16; a lone surrogate counts as U+FFFD.</param>
    public static bool IsComposed(string text)
    {
        int lastClass = 0;
        bool mayCompose = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int point = rune.Value;
            if (point < FirstOfInterest)
            {
                lastClass = 0;
                continue;
            }

            int combiningClass = ClassOf(point);
            if (IsNever(point) || (combiningClass != 0 && combiningClass < lastClass))
            {
                return false;
            }

            mayCompose |= Seconds.Contains(point) || Hangul.IsVowel(point) || Hangul.IsFinal(point);
            lastClass = combiningClass;
        }

        return !mayCompose || IsUnchanged(text);
    }

    private static bool IsUnchanged(string text)
    {
        List<int> original = [.. text.EnumerateRunes().Select(rune => rune.Value)];
        List<int> points = new(original.Count * 2);
        foreach (int point in original)
        {
            Decompose(point, points);
        }

        Order(points);
        Compose(points);
        return points.SequenceEqual(original);
    }

    private static void Decompose(int point, List<int> into)
    {
        if (Hangul.IsSyllable(point))
        {
            Hangul.Decompose(point, into);
        }
        else if (Parts.TryGetValue(point, out (int First, int Second) parts))
        {
            Decompose(parts.First, into);
            into.Add(parts.Second);
        }
        else
        {
            into.Add(point);
        }
    }

    /// <summary>Sorts each run of marks by class; marks of one class keep their order.</summary>
    private static void Order(List<int> points)
    {
        int start = 0;
        while (start < points.Count)
        {
            int end = start;
            while (end < points.Count && ClassOf(points[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] run = [.. points.GetRange(start, end - start).OrderBy(ClassOf)];
                for (int i = 0; i < run.Length; i++)
                {
                    points[start + i] = run[i];
                }
            }

            start = end + 1;
        }
    }

    /// <summary>Joins each starter with what follows it unblocked (UAX #15, D117).</summary>
    private static void Compose(List<int> points)
    {
        int starter = -1;
        int lastClass = 0;
        int kept = 0;
        foreach (int point in points.ToArray())
        {
            int combiningClass = ClassOf(point);
            bool isAdjacent = starter == kept - 1;
            bool isBlocked = !isAdjacent && (lastClass == 0 || lastClass >= combiningClass);
            if (starter >= 0 && !isBlocked && Join(points[starter], point) is { } composite)
            {
                points[starter] = composite;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = kept;
            }

            lastClass = combiningClass;
            points[kept++] = point;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private static int? Join(int first, int second) =>
        Hangul.Join(first, second) ?? (Whole.TryGetValue((first, second), out int composite) ? composite : null);

    private static bool IsNever(int point)
    {
        int row = RowOf(CompositionData.NeverComposed, cells: 2, point);
        return row >= 0 && point <= CompositionData.NeverComposed[(row * 2) + 1];
    }

    private static int ClassOf(int point)
    {
        int row = RowOf(CompositionData.CombiningClasses, cells: 3, point);
        return row >= 0 && point <= CompositionData.CombiningClasses[(row * 3) + 1]
            ? CompositionData.CombiningClasses[(row * 3) + 2]
            : 0;
    }

    /// <returns>The last row that begins at or before the code point; -1 when there is none.</returns>
    private static int RowOf(ReadOnlySpan<int> table, int cells, int point)
    {
        int low = 0;
        int high = (table.Length / cells) - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (table[middle * cells] <= point)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    private static List<(int Composite, int First, int Second)> Composites()
    {
        ReadOnlySpan<int> cells = CompositionData.Composites;
        List<(int Composite, int First, int Second)> rows = new(cells.Length / CompositeCells);
        for (int i = 0; i < cells.Length; i += CompositeCells)
        {
            rows.Add((cells[i], cells[i + 1], cells[i + 2]));
        }

        return rows;
    }
}
