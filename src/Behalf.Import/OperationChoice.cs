using Behalf.Import.Documents;

namespace Behalf.Import;

/// <summary>Which operations become tools.</summary>
internal static class OperationChoice
{
    private const int MostChosen = 2_000;

    /// <exception cref="ImportFault">Nothing is chosen, or nobody chose among many.</exception>
    public static IReadOnlyList<ApiOperation> Of(IReadOnlyList<ApiOperation> all, ImportChoice choice)
    {
        if (all.Count == 0)
        {
            throw new ImportFault("it has no operations");
        }

        if (choice.Tags.Count == 0 && choice.Operations.Count == 0)
        {
            return all.Count <= ConnectorImport.MostUnchosen
                ? all
                : throw new ImportFault($"it has {all.Count} operations: {Hint(all)}");
        }

        ApiOperation[] chosen =
        [
            .. all.Where(operation =>
                operation.Tags.Any(tag => choice.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase))
                || choice.Operations.Any(pattern =>
                    Matches(pattern, operation.Id ?? "") || Matches(pattern, $"{operation.Method} {operation.Path}")
                )
            ),
        ];
        return chosen.Length switch
        {
            0 => throw new ImportFault($"nothing is chosen: {Hint(all)}"),
            > MostChosen => throw new ImportFault($"{chosen.Length} operations are chosen: {Hint(all)}"),
            _ => chosen,
        };
    }

    /// <summary>How to choose, with the tags that most operations have.</summary>
    public static string Hint(IReadOnlyList<ApiOperation> all)
    {
        string[] tags =
        [
            .. all.SelectMany(operation => operation.Tags)
                .GroupBy(tag => tag, StringComparer.OrdinalIgnoreCase)
                .OrderByDescending(group => group.Count())
                .Take(12)
                .Select(group => $"{Words.Line(group.Key, 40)} ({group.Count()})"),
        ];
        return tags.Length == 0
            ? "choose with --operation, such as 'get*' or 'GET /users/*'"
            : $"choose with --tag or --operation; its tags are {string.Join(", ", tags)}";
    }

    /// <summary>Any text for each <c>*</c>; letters' case does not matter. Time is bounded by the product of the lengths.</summary>
    internal static bool Matches(string pattern, string text)
    {
        int at = 0;
        int star = -1;
        int resume = 0;
        int from = 0;
        while (from < text.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = at++;
                resume = from;
            }
            else if (at < pattern.Length && char.ToUpperInvariant(pattern[at]) == char.ToUpperInvariant(text[from]))
            {
                at++;
                from++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                from = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(at).IndexOfAnyExcept('*') < 0;
    }
}
