using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

/// <summary>
/// Cuts a prompt where a new request begins: after a sentence, a semicolon, or "and"/"then" followed by an imperative
/// verb that has an object.
/// </summary>
internal static partial class ClauseSplitter
{
    private const int MaxClauses = 12;

    public static IReadOnlyList<string> Split(MaskedText prompt) =>
        [
            .. Boundary()
                .Split(prompt.Text)
                .Select(clause => Polite().Replace(clause.Trim(), ""))
                .Select(clause => clause.Trim(' ', ',', '.', '!', '?', ';'))
                .Where(clause => clause.Length > 0)
                .Take(MaxClauses),
        ];

    [GeneratedRegex(
        @"(?:\s*;\s*|[.!?]\s+(?=\p{Lu})|,?\s+(?:and\s+then|then|and\s+also|and)\s+|,\s+)(?="
            + @"(?:please\s+)?(?:create|add|list|show|find|search|get|tell|mark|complete|finish|close|reopen|delete|remove|move|"
            + @"rename|update|change|set|assign|reassign|unassign|comment|reply|leave|post|write|tag|untag|share|duplicate|copy|make|give|postpone|archive)\s+"
            + "(?:a|an|the|it|this|that|them|me|my|all|another|on|for|its|to|one|each|\uE000\\d+\uE001|\\w+\\s+(?:as|to)\\b))"
            + @"|[.!?]\s+(?=\p{Lu})|\s*;\s*",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex Boundary();

    [GeneratedRegex(
        @"^(?:(?:hi|hello|hey|ok|okay|so|now|then|and|also|please|kindly|just|can you|could you|would you|will you|can i|could i|may i|"
            + @"i want you to|i(?:'|’)d like you to|i would like you to|i want to|i(?:'|’)d like to|i would like to|i need you to|i need to|let(?:'|’)?s|help me|go ahead and|for me)\b[\s,]*)+",
        RegexOptions.IgnoreCase,
        250
    )]
    private static partial Regex Polite();
}
