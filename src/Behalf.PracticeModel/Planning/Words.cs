using System.Text;

namespace Behalf.PracticeModel.Planning;

/// <summary>Splits names and sentences into stems, and maps words for the same kind of thing onto one noun.</summary>
internal static class Words
{
    private static readonly string[][] NounClasses =
    [
        ["task", "ticket", "issue", "item", "todo", "card", "assignment"],
        ["project", "board"],
        ["comment", "reply", "note", "story"],
        ["user", "person", "people", "member", "colleague", "teammate", "assignee", "owner"],
        ["section", "column", "lane", "stage"],
        ["tag", "label"],
        ["team", "group"],
        ["workspace", "organization", "organisation"],
        ["subtask", "subitem"],
        ["attachment", "file"],
        ["field", "property", "attribute"],
        ["follower", "watcher", "collaborator", "subscriber"],
        ["dependency", "blocker", "dependent"],
        ["portfolio"],
        ["goal", "objective"],
        ["message"],
        ["channel"],
        ["page", "document", "doc"],
        ["repository", "repo"],
        ["event", "meeting", "appointment"],
    ];

    private static readonly Dictionary<string, string> Canonical = NounClasses
        .SelectMany(words => words.Select(word => (word, noun: words[0])))
        .ToDictionary(pair => pair.word, pair => pair.noun);

    /// <summary>Lower-case stems: <c>addTaskTag</c>, <c>add-task-tags</c> and "Add task tags" all give add, task, tag.</summary>
    public static List<string> Stems(string text) => [.. Split(text).Select(Stem)];

    /// <summary>Lower-case words as written, split at case changes, digits' edges excluded.</summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        for (var index = 0; index < text.Length; index++)
        {
            var letter = text[index];
            var startsWord = char.IsUpper(letter) && index > 0 && char.IsLower(text[index - 1]);
            if (startsWord || !char.IsLetterOrDigit(letter))
            {
                Flush(words, word);
            }

            if (char.IsLetterOrDigit(letter))
            {
                word.Append(char.ToLowerInvariant(letter));
            }
        }

        Flush(words, word);
        return words;
    }

    /// <summary>The noun that stands for this word's class; a word of no class stands for itself.</summary>
    public static string Noun(string word)
    {
        var stem = Stem(word.ToLowerInvariant());
        return Canonical.GetValueOrDefault(stem, stem);
    }

    public static bool IsKnownNoun(string word) => Canonical.ContainsKey(Stem(word.ToLowerInvariant()));

    /// <summary>All the words of a noun's class, for use inside a pattern.</summary>
    public static string Pattern(params string[] nouns) =>
        string.Join('|', nouns.SelectMany(noun => NounClasses.First(words => words[0] == noun)).Select(Plural));

    public static bool IsPlural(string word) => Stem(word) != word;

    public static string Stem(string word) =>
        word switch
        {
            "people" => "people",
            { Length: > 4 } when word.EndsWith("ies", StringComparison.Ordinal) => word[..^3] + "y",
            { Length: > 5 } when word.EndsWith("sses", StringComparison.Ordinal) => word[..^2],
            { Length: > 5 } when word.EndsWith("uses", StringComparison.Ordinal) => word[..^2],
            { Length: > 3 }
                when word.EndsWith('s')
                    && !word.EndsWith("ss", StringComparison.Ordinal)
                    && !word.EndsWith("us", StringComparison.Ordinal)
                    && !word.EndsWith("is", StringComparison.Ordinal) => word[..^1],
            _ => word,
        };

    private static string Plural(string noun) =>
        noun.EndsWith('y') && !noun.EndsWith("ey", StringComparison.Ordinal) ? $"{noun[..^1]}(?:y|ies)" : $"{noun}s?";

    private static void Flush(List<string> words, StringBuilder word)
    {
        if (word.Length > 0)
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }
}
