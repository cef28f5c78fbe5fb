using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>Turns the words that name a thing into a reference: quotes as they stand, the rest without articles and generic nouns.</summary>
internal static partial class NameText
{
    private static readonly Dictionary<string, int> Counts = new()
    {
        ["two"] = 2,
        ["three"] = 3,
        ["four"] = 4,
        ["five"] = 5,
        ["2"] = 2,
        ["3"] = 3,
        ["4"] = 4,
        ["5"] = 5,
        ["6"] = 6,
        ["7"] = 7,
        ["8"] = 8,
        ["9"] = 9,
    };

    public static Reference Read(string text, MaskedText prompt)
    {
        var trimmed = text.Trim(' ', ',', '.', ':', '?', '!');
        if (BackReference(trimmed) is { } back)
        {
            return back;
        }

        var quotes = prompt.QuotesIn(trimmed);
        if (quotes.Count > 0)
        {
            return Reference.Named(quotes[0]);
        }

        var whole = Article().Replace(trimmed, "").Trim();
        var bare = TrailingNoun().Replace(LeadingNoun().Replace(whole, ""), "").Trim();
        bare = bare.Length == 0 ? whole : bare;
        return bare == whole ? Reference.Named(whole) : Reference.Named(bare, whole);
    }

    /// <summary>The plain value of a captured group: its quote if it has one, else its words.</summary>
    public static string Value(string text, MaskedText prompt)
    {
        var quotes = prompt.QuotesIn(text);
        return quotes.Count > 0 ? quotes[0] : text.Trim(' ', ',', '.', ':');
    }

    /// <summary>Several values: every quote, or the words between commas and "and".</summary>
    public static IReadOnlyList<string> Values(string text, MaskedText prompt)
    {
        var quotes = prompt.QuotesIn(text);
        return quotes.Count > 0
            ? quotes
            :
            [
                .. ListSeparator()
                    .Split(text)
                    .Select(value => value.Trim(' ', '.', ':'))
                    .Where(value => value.Length > 0),
            ];
    }

    public static Reference? BackReference(string text)
    {
        var match = Pointer().Match(text);
        if (!match.Success)
        {
            return null;
        }

        if (match.Groups["all"].Success)
        {
            return new Reference { All = true };
        }

        if (match.Groups["count"] is { Success: true, Value: var count })
        {
            return new Reference { All = true, Count = Counts.GetValueOrDefault(count.ToLowerInvariant(), 1) };
        }

        var ordinal = match.Groups["ordinal"].Value.ToLowerInvariant() switch
        {
            "" or "first" or "1st" or "top" or "1" or "one" => 0,
            "second" or "2nd" or "2" or "two" => 1,
            "third" or "3rd" or "3" or "three" => 2,
            "fourth" or "4th" or "4" => 3,
            "fifth" or "5th" or "5" => 4,
            _ => -1,
        };
        return new Reference { Ordinal = ordinal };
    }

    [GeneratedRegex(
        @"^(?:(?:it|this|that|this one|that one|(?:the|this|that|my|its) (?:new )?(?:task|ticket|issue|item|card|todo|one|project|board)|the new one)"
            + @"|(?:the |my )?(?<ordinal>first|second|third|fourth|fifth|1st|2nd|3rd|4th|5th|last|top)(?: (?:one|task|ticket|issue|item|card|todo|result|of them|of these))?"
            + @"|(?:the |my )?(?:first|top) (?<count>two|three|four|five|\d)(?: (?:ones|tasks|tickets|issues|items|of them|of these))?"
            + @"|(?:number|no\.?|#) ?(?<ordinal>\d|one|two|three)"
            + @"|(?<all>them|these|those|each|each of them|all of them|every one|both))$",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex Pointer();

    [GeneratedRegex(@"^(?:the|a|an|my|our|this|that)\s+", RegexOptions.IgnoreCase, 250)]
    private static partial Regex Article();

    [GeneratedRegex(
        @"^(?:project|board|task|ticket|issue|card|item|section|column|tag|label|team)\s+(?=\S)",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex LeadingNoun();

    [GeneratedRegex(
        @"\s+(?:project|board|task|ticket|issue|card|item|section|column|tag|label|team|list)$",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex TrailingNoun();

    [GeneratedRegex(@"\s*,\s*(?:and\s+)?|\s+and\s+|\s*;\s*", RegexOptions.IgnoreCase, 250)]
    private static partial Regex ListSeparator();
}
