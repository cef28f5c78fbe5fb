using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DevLab.JmesPath.Functions;
using DevLab.JmesPath.Interop;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Templates;

/// <summary>
/// What definitions may call beside JMESPath's own functions; see <c>docs/connector-format.md</c>. All are pure, bounded,
/// and give null when their first argument is null.
/// </summary>
internal static class ExpressionFunctions
{
    private const int MaxPatterns = 500;
    private const int MaxLines = 1000;
    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    public static void Register(IRegisterFunctions functions)
    {
        foreach (Function function in All())
        {
            functions.Register(function.Name, function);
        }
    }

    private static IEnumerable<Function> All() =>
        [
            new("concat", 1, null, args => string.Concat(args.Select(Text)), nullable: true),
            new("has", 2, 2, args => args[0] is JObject map && map.ContainsKey(Text(args[1]))),
            new("same", 2, 2, args => string.Equals(Text(args[0]), Text(args[1]), StringComparison.OrdinalIgnoreCase)),
            new("matches", 2, 2, args => Pattern(Text(args[1])).IsMatch(Text(args[0]))),
            new("match", 2, 2, args => Capture(Text(args[0]), Text(args[1]))),
            new(
                "truncate",
                2,
                3,
                args => Truncate(Text(args[0]), Whole(args[1]), args.Length > 2 ? Text(args[2]) : "…")
            ),
            new("granted", 2, 2, args => Granted(args[0], Text(args[1]))),
            new("compact", 1, 1, args => new JArray(args[0].Where(item => item.Type != JTokenType.Null))),
            new("distinct", 1, 1, args => new JArray(args[0].Distinct(JToken.EqualityComparer))),
            new("words", 1, 1, args => new JArray(Words(args[0]).Distinct(StringComparer.Ordinal))),
            new("page_of", 3, 4, args => PageOf(args)),
            new("add_days", 2, 2, args => AddDays(Text(args[0]), Whole(args[1]))),
            new("format_date", 2, 2, args => FormatDate(Text(args[0]), Text(args[1]))),
            new("add_seconds", 2, 2, args => AddSeconds(Text(args[0]), Whole(args[1]))),
            new("from_base64", 1, 1, args => Bytes(Text(args[0]))),
            new("lines", 1, 1, args => new JArray(Text(args[0]).ReplaceLineEndings("\n").Split('\n').Take(MaxLines))),
            new("escape", 2, 2, args => Escape(Text(args[0]), Text(args[1]))),
            new("base64url_text", 1, 1, args => Base64UrlText(Text(args[0]))),
            new(
                "mail_message",
                1,
                1,
                args => MailMessage.Write(args[0]) is { } mail ? new JValue(mail) : JValue.CreateNull()
            ),
            new("rich_text", 1, 1, args => RichText.FromMarkdown(Text(args[0]))),
            new("plain_text", 1, 1, args => RichText.ToPlainText(Text(args[0]))),
        ];

    private static string Text(JToken token) => Tokens.TextOf(token) ?? "";

    /// <summary>A list as it is, or a text as others write lists: parts between commas.</summary>
    private static IEnumerable<string> Words(JToken token) =>
        token is JArray list
            ? list.Select(Text)
            : Text(token).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// Some rows of a list that was read whole, from where a cursor of an earlier page says: <c>{rows, next}</c>; with
    /// <c>'end'</c> from its end backwards, each page in the list's own order.
    /// </summary>
    private static JObject PageOf(JToken[] args)
    {
        JArray all = args[0] as JArray ?? [];
        int size = Math.Max(1, Whole(args[1]));
        bool backwards = args.Length > 3 && Text(args[3]) == "end";
        int at = int.TryParse(Text(args[2]), NumberStyles.None, CultureInfo.InvariantCulture, out int from)
            ? Math.Min(from, all.Count)
            : (backwards ? all.Count : 0);
        int start = backwards ? Math.Max(0, at - size) : at;
        int end = backwards ? at : Math.Min(all.Count, at + size);
        JObject page = new() { ["rows"] = new JArray(all.Take(start..end)) };
        if (backwards ? start > 0 : end < all.Count)
        {
            page["next"] = (backwards ? start : end).ToString(CultureInfo.InvariantCulture);
        }

        return page;
    }

    private static int Whole(JToken token) => (int)Math.Clamp(token.Value<decimal>(), -100_000, 100_000);

    private static Regex Pattern(string pattern)
    {
        if (Patterns.TryGetValue(pattern, out Regex? known))
        {
            return known;
        }

        Regex made = new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        return Patterns.Count < MaxPatterns ? Patterns.GetOrAdd(pattern, made) : made;
    }

    private static JToken Capture(string text, string pattern)
    {
        Match match = Pattern(pattern).Match(text);
        return match.Success ? new JValue(match.Groups[match.Groups.Count > 1 ? 1 : 0].Value) : JValue.CreateNull();
    }

    /// <summary>Cuts to a number of code points; the marker comes on top.</summary>
    private static string Truncate(string text, int length, string marker)
    {
        int end = 0;
        int count = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (count++ == length)
            {
                return text[..end] + marker;
            }

            end += rune.Utf16SequenceLength;
        }

        return text;
    }

    private static bool Granted(JToken account, string scope) =>
        account["full"]?.Value<bool>() == true
        || (account["scopes"] is JArray scopes && scopes.Any(granted => Text(granted) == scope));

    private static JToken AddDays(string date, int days) =>
        DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? new JValue(day.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
            : JValue.CreateNull();

    private static JToken AddSeconds(string instant, int seconds) =>
        Instant(instant) is { } at ? new JValue(Iso(at.AddSeconds(seconds))) : JValue.CreateNull();

    private static JToken FormatDate(string instant, string format) =>
        Instant(instant) is { } at
            ? new JValue(at.UtcDateTime.ToString(format, CultureInfo.InvariantCulture))
            : JValue.CreateNull();

    private static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTimeOffset at
        )
            ? at
            : null;

    public static string Iso(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JToken Bytes(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out int length)
            ? new JValue(bytes[..length])
            : JValue.CreateNull();
    }

    /// <summary>A backslash before each backslash and each of the given characters: a value for a query language's quotes.</summary>
    private static string Escape(string text, string characters) =>
        string.Concat(
            text.Select(c => c == '\\' || characters.Contains(c, StringComparison.Ordinal) ? $"\\{c}" : $"{c}")
        );

    private static JToken Base64UrlText(string encoded) =>
        Base64Url.IsValid(encoded)
            ? new JValue(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded)))
            : JValue.CreateNull();

    private sealed class Function(
        string name,
        int least,
        int? most,
        Func<JToken[], JToken> compute,
        bool nullable = false
    ) : JmesPathFunction(name, least, most, most is null, null)
    {
        public override JToken Execute(params JmesPathFunctionArgument[] args) =>
            !nullable && args[0].Token.Type == JTokenType.Null
                ? JValue.CreateNull()
                : compute([.. args.Select(argument => argument.Token)]);
    }
}
