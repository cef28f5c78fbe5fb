using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Behalf.Tools;

/// <summary>Finds tools by words. The same words and tools always give the same order.</summary>
internal static class ToolWords
{
    private const int MaxWords = 32;
    private const int InName = 8;
    private const int InTitle = 5;
    private const int InCategory = 3;
    private const int InInput = 2;
    private const int InDescription = 2;

    /// <summary>Of tools of the default list: they are written for models, the others are a provider's requests.</summary>
    private const double Curated = 1.5;

    /// <summary>From so many letters on one word stands for another that begins with it: assign, assignee.</summary>
    private const int Stem = 5;

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
    /// The best first: by how much each word weighs where it stands (name, title, category, inputs, description), a rare word
    /// more than one that many tools have, and in tools of the default list more than in others; then as they came. What
    /// stands in quotes is a thing's name and says nothing of what is to be done with it. Without a common word: not at all.
    /// </summary>
    public static IEnumerable<ScopedTool> Rank(IReadOnlyList<ScopedTool> tools, string query)
    {
        string[] words = WordsOf(Unquoted(query));
        words = words.Length > 0 ? words : WordsOf(query);
        List<int[]> weights = [.. tools.Select(tool => Weights(tool.Tool, words))];
        double[] rarity =
        [
            .. words.Select((_, at) => Math.Log(1.0 + (tools.Count / (1.0 + weights.Count(weight => weight[at] > 0))))),
        ];
        return tools
            .Select(
                (tool, at) =>
                    (
                        Tool: tool,
                        Score: weights[at].Select((weight, word) => weight * rarity[word]).Sum()
                            * (tool.Tool.Definition.IsDefault ? Curated : 1)
                    )
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
        HashSet<string> input =
        [
            .. (tool.InputSchema["properties"] as JsonObject ?? []).SelectMany(property => Split(property.Key)),
        ];
        return
        [
            .. words.Select(word =>
                (HasAlike(name, word) ? InName : 0)
                + (HasAlike(title, word) ? InTitle : 0)
                + (HasAlike(category, word) ? InCategory : 0)
                + (HasAlike(input, word) ? InInput : 0)
                + (HasAlike(description, word) ? InDescription : 0)
            ),
        ];
    }

    private static string[] WordsOf(string query) =>
        [.. Split(query).Where(word => !Empty.Contains(word)).Distinct().Take(MaxWords)];

    /// <summary>Whether one of the words is this one, or one begins with the other.</summary>
    private static bool HasAlike(HashSet<string> words, string word) =>
        words.Contains(word)
        || (
            word.Length >= Stem
            && words.Any(other =>
                other.Length >= Stem
                && (
                    other.StartsWith(word, StringComparison.Ordinal) || word.StartsWith(other, StringComparison.Ordinal)
                )
            )
        );

    /// <summary>Without what stands between two quotation marks, straight or curved.</summary>
    private static string Unquoted(string query)
    {
        StringBuilder rest = new();
        int at = 0;
        while (query.AsSpan(at).IndexOfAny('"', '“', '„') is var open and >= 0)
        {
            int end = query.AsSpan(at + open + 1).IndexOfAny('"', '”', '“');
            if (end < 0)
            {
                break;
            }

            rest.Append(query.AsSpan(at, open)).Append(' ');
            at += open + end + 2;
        }

        return rest.Append(query.AsSpan(at)).ToString();
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
