using System.Text.Json;
using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Results;

/// <summary>Reads tool results: JSON (also as a string within JSON, or after a line of prose), else plain text.</summary>
internal static partial class ResultReader
{
    private const int MaxDepth = 6;

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = 64 };

    public static ToolOutput Read(string text, bool isError)
    {
        var json = Parse(text);
        var error = json is { ValueKind: JsonValueKind.Object } root ? ErrorOf(root) : null;
        var failed = isError || error is not null;
        var source = error ?? json;
        var message = failed ? MessageOf(source) ?? (json is null ? text.Trim() : "") : "";
        return new ToolOutput
        {
            Text = text,
            Json = json,
            Trouble = failed ? TroubleOf(source, message) : Trouble.None,
            Message = message,
            Rows = json is { } value ? RowsOf(value) : [],
            Thing = json is { } single && !failed ? ThingOf(single) : null,
            Links = failed ? LinksIn(text) : [],
        };
    }

    private static JsonElement? Parse(string text)
    {
        var rest = text.Trim();
        for (var unwrap = 0; unwrap < 3; unwrap++)
        {
            if (TryParse(rest) is not { } json)
            {
                break;
            }

            if (json.ValueKind != JsonValueKind.String)
            {
                return json.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? json : null;
            }

            rest = json.GetString()!.Trim();
        }

        var start = rest.IndexOfAny(['{', '[']);
        var end = rest.LastIndexOfAny(['}', ']']);
        return
            start >= 0
            && end > start
            && TryParse(rest[start..(end + 1)]) is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } inner
            ? inner
            : null;
    }

    private static JsonElement? TryParse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Json);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Not JSON: the result is read as plain text instead.
            return null;
        }
    }

    private static JsonElement? ErrorOf(JsonElement root)
    {
        if (
            root.TryGetProperty("error", out var error)
            && error.ValueKind is JsonValueKind.Object or JsonValueKind.String
        )
        {
            return error.ValueKind == JsonValueKind.Object ? error : root;
        }

        if (
            root.TryGetProperty("errors", out var errors)
            && errors.ValueKind == JsonValueKind.Array
            && errors.GetArrayLength() > 0
        )
        {
            return errors[0].ValueKind == JsonValueKind.Object ? errors[0] : root;
        }

        var told = root.TryGetProperty("kind", out _) || root.TryGetProperty("code", out _);
        return told && root.TryGetProperty("message", out _) && !Row.Is(root) ? root : null;
    }

    private static string? MessageOf(JsonElement? json) =>
        json is { ValueKind: JsonValueKind.Object } error
            ? new Row(error).Field("message", "error_description", "detail", "title", "error", "text")
            : null;

    private static Trouble TroubleOf(JsonElement? json, string message)
    {
        if (json is not { ValueKind: JsonValueKind.Object } error)
        {
            return Classify(message);
        }

        var row = new Row(error);
        var kind = (row.Field("kind", "type", "code", "reason") ?? "").Replace('_', ' ');
        return row.Flag("reconnect_required", "needs_authorization") is true ? Trouble.Reconnect
            : Classify(kind) is var byKind and not Trouble.Other ? byKind
            : Classify(message);
    }

    private static Trouble Classify(string words) =>
        words.ToLowerInvariant() switch
        {
            var text when Reconnect().IsMatch(text) => Trouble.Reconnect,
            var text when text.Contains("scope") => Trouble.ScopeMissing,
            var text when Several().IsMatch(text) => Trouble.Ambiguous,
            var text when NotFound().IsMatch(text) => Trouble.NotFound,
            var text when text.Contains("rate limit") || text.Contains("too many") => Trouble.RateLimited,
            var text when Unavailable().IsMatch(text) => Trouble.Unavailable,
            var text when text.Contains("declined") || text.Contains("denied by") || text.Contains("approval") =>
                Trouble.Refused,
            var text when text.Contains("permission") || text.Contains("forbidden") || text.Contains("not allowed") =>
                Trouble.NoPermission,
            var text when text.Contains("invalid") || text.Contains("required") => Trouble.Invalid,
            _ => Trouble.Other,
        };

    private static List<Row> RowsOf(JsonElement json)
    {
        var level = new List<JsonElement> { json };
        for (var depth = 0; depth < MaxDepth && level.Count > 0; depth++)
        {
            var lists = level.Where(element => element.ValueKind == JsonValueKind.Array).ToList();
            var best = lists
                .Select(list => list.EnumerateArray().Where(Row.Is).Select(item => new Row(item)).ToList())
                .MaxBy(rows => rows.Count);
            if (best is { Count: > 0 })
            {
                return best;
            }

            // An object with an identity of its own is a thing with parts, not the envelope of a list.
            level =
            [
                .. level
                    .Where(element =>
                        element.ValueKind == JsonValueKind.Object
                        && (depth == 0 ? new Row(element).Id is null : !Row.Is(element))
                    )
                    .SelectMany(element => element.EnumerateObject().Select(member => member.Value)),
            ];
        }

        return [];
    }

    private static Row? ThingOf(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (new Row(json).Id is not null)
        {
            return new Row(json);
        }

        var inner = json.EnumerateObject()
            .Select(member => member.Value)
            .FirstOrDefault(value => value.ValueKind == JsonValueKind.Object && new Row(value).Id is not null);
        return inner.ValueKind == JsonValueKind.Object ? new Row(inner)
            : Row.Is(json) ? new Row(json)
            : null;
    }

    private static IReadOnlyList<string> LinksIn(string text) =>
        [.. Links().Matches(text).Select(match => match.Value.TrimEnd('.', ',', ')')).Distinct()];

    [GeneratedRegex(
        @"reconnect|re-?authori[sz]|authori[sz]ation required|needs? authori[sz]ation|connect (?:your|the) account|not connected|account not active|revoked",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex Reconnect();

    [GeneratedRegex(
        @"ambiguous|several|candidates|more than one|multiple|\b\d+ \w+ (?:are|is) (?:named|called)|\b\d+ \w+ named",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex Several();

    [GeneratedRegex(
        @"not[ _]found|no access|could not find|cannot find|does not exist|unknown (?:task|project|user|section|tag|object)|no such|\b404\b|no \w+ (?:named|called)|nothing (?:named|matches)",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex NotFound();

    [GeneratedRegex(
        @"plan required|premium|payment|upgrade|unknown tool|not (?:available|offered|supported)|unavailable|no tool",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex Unavailable();

    [GeneratedRegex("https?://[^\\s\"'<>\\\\]+", RegexOptions.NonBacktracking)]
    private static partial Regex Links();
}
