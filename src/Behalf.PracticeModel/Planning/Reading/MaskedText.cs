using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>
/// A prompt whose quoted parts are replaced by marks, so that rules see its grammar and never the words inside quotes.
/// </summary>
internal sealed partial class MaskedText
{
    /// <value>Longer prompts are read up to here, in characters.</value>
    private const int MaxLength = 8_000;

    /// <value>
    /// How long one rule may look at it; the first that takes longer ends the reading. By the clock on the wall: on a busy
    /// machine the first use of a rule alone takes a part of it.
    /// </value>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public const char Open = '\uE000';
    public const char Close = '\uE001';

    /// <value>A pattern that matches one mark.</value>
    public const string Mark = "\uE000\\d+\uE001";

    private readonly List<string> quotes = [];

    private MaskedText() { }

    public string Text { get; private set; } = "";

    public static MaskedText Of(string prompt)
    {
        var bounded = prompt.Length > MaxLength ? prompt[..MaxLength] : prompt;
        var masked = new MaskedText();
        var text = bounded.Replace(Open, ' ').Replace(Close, ' ');
        text = Quoted().Replace(text, match => masked.Hide(match.Groups["inner"].Value));
        text = SpokenText()
            .Replace(text, match => match.Groups["lead"].Value + masked.Hide(match.Groups["inner"].Value));
        masked.Text = Spaces().Replace(text, " ").Trim();
        return masked;
    }

    /// <summary>The words behind the marks of <paramref name="text"/>.</summary>
    public string Reveal(string text) => Marks().Replace(text, match => quotes[Index(match)]);

    /// <returns>The quoted parts within <paramref name="text"/>, in order.</returns>
    public IReadOnlyList<string> QuotesIn(string text) =>
        [.. Marks().Matches(text).Select(match => quotes[Index(match)])];

    private string Hide(string inner)
    {
        quotes.Add(Reveal(inner).Trim());
        return $"{Open}{quotes.Count - 1}{Close}";
    }

    private static int Index(Match match) => int.Parse(match.ValueSpan[1..^1]);

    // Single quotes count only around words, so that apostrophes stay letters.
    [GeneratedRegex(
        "\"(?<inner>[^\"]+)\"|“(?<inner>[^”]+)”|„(?<inner>[^“”]+)[“”]|«(?<inner>[^»]+)»|「(?<inner>[^」]+)」|`(?<inner>[^`]+)`"
            + @"|(?<![\p{L}\p{N}])['‘](?<inner>[^'’]+(?:['’]\p{L}[^'’]*)*)['’](?![\p{L}\p{N}])",
        RegexOptions.None,
        250
    )]
    private static partial Regex Quoted();

    // add a comment to the first one: everything after the colon is the text
    [GeneratedRegex(
        @"(?<lead>\b(?:comment|reply|note|saying|says|message|description|notes)\b[^:\n]*:\s*)(?<inner>[^\s\uE000][^\n]*)",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex SpokenText();

    [GeneratedRegex("\uE000\\d+\uE001", RegexOptions.NonBacktracking)]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
