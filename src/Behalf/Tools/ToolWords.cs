using System.Globalization;
using System.Text;

namespace Behalf.Tools;

/// <summary>Finds tools by words. The same words and tools always give the same order.</summary>
internal static class ToolWords
{
    private const int MaxWords = 32;
    private const int InName = 8;
    private const int InTitle = 5;
    private const int InCategory = 3;
    private const int InDescription = 1;

    /// <summary>Words of asking, which say nothing of what is asked for.</summary>
    private static readonly HashSet<string> Empty = new(StringComparer.Ordinal)
    {
        "a",
        "all",
        "an",
        "and",
        "any",
        "for",
        "from",
        "i",
        "in",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "please",
        "that",
        "the",
        "this",
        "to",
        "tool",
        "tools",
        "what",
        "which",
        "with",
    };

    /// <summary>Whether each word stands in one of the tool's names, its title or its description.</summary>
    public static bool Fit(OfferedTool tool, string query) =>
        query.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => Holds(tool, word));

    /// <summary>
    /// The best first: by how much each word weighs where it stands (name, title, category, description), a rare word
    /// more than one that many tools have; then tools of the default list; then as they came. Without a common word: not at all.
    /// </summary>
    public static IEnumerable<ScopedTool> Rank(IReadOnlyList<ScopedTool> tools, string query)
    {
        string[] words = [.. Split(query).Where(word => !Empty.Contains(word)).Distinct().Take(MaxWords)];
        List<int[]> weights = [.. tools.Select(tool => Weights(tool.Tool, words))];
        double[] rarity =
        [
            .. words.Select((_, at) => Math.Log(1.0 + (tools.Count / (1.0 + weights.Count(weight => weight[at] > 0))))),
        ];
        return tools
            .Select(
                (tool, at) => (Tool: tool, Score: weights[at].Select((weight, word) => weight * rarity[word]).Sum())
            )
            .Where(one => one.Score > 0)
            .OrderByDescending(one => one.Score)
            .ThenByDescending(one => one.Tool.Tool.Definition.IsDefault)
            .Select(one => one.Tool);
    }

    private static int[] Weights(OfferedTool tool, string[] words)
    {
        HashSet<string> name = [.. tool.Definition.Names.SelectMany(Split)];
        HashSet<string> title = [.. Split(tool.Definition.Title)];
        HashSet<string> category = [.. Split(tool.Definition.Category)];
        HashSet<string> description = [.. Split(tool.Description)];
        return
        [
            .. words.Select(word =>
                (name.Contains(word) ? InName : 0)
                + (title.Contains(word) ? InTitle : 0)
                + (category.Contains(word) ? InCategory : 0)
                + (description.Contains(word) ? InDescription : 0)
            ),
        ];
    }

    /// <summary>Letters and digits in small letters, a plural's s left out.</summary>
    private static IEnumerable<string> Split(string text)
    {
        StringBuilder word = new();
        foreach (char c in text.Append(' '))
        {
            if (char.IsLetterOrDigit(c))
            {
                word.Append(char.ToLower(c, CultureInfo.InvariantCulture));
            }
            else if (word.Length > 0)
            {
                string whole = word.ToString();
                word.Clear();
                yield return whole.Length > 3 && whole.EndsWith('s') && !whole.EndsWith("ss", StringComparison.Ordinal)
                    ? whole[..^1]
                    : whole;
            }
        }
    }

    private static bool Holds(OfferedTool tool, string word) =>
        tool.Definition.Names.Any(name =>
            ToolNames.Of(tool.Connection, name).Contains(word, StringComparison.OrdinalIgnoreCase)
        )
        || tool.Definition.Title.Contains(word, StringComparison.OrdinalIgnoreCase)
        || tool.Definition.Description.Contains(word, StringComparison.OrdinalIgnoreCase);
}
