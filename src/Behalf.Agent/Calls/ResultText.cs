using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Agent.Calls;

/// <summary>Writes outcomes for the model: cleaned, bounded, and marked as data.</summary>
internal static class ResultText
{
    private const int MaxSummary = 200;

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(string toolName, JsonObject data, int maxBytes) =>
        Wrap(toolName, Bound(PlainText.Clean(data)!.ToJsonString(Readable), maxBytes));

    public static string OfError(string toolName, string code, string message, int maxBytes)
    {
        var error = new JsonObject
        {
            ["error"] = new JsonObject { ["kind"] = code, ["message"] = PlainText.Clean(message) },
        };
        return Wrap(toolName, Bound(error.ToJsonString(Readable), maxBytes));
    }

    public static string OfFailure(string toolName, ToolOutcome.Failed failed, int maxBytes)
    {
        var error = new JsonObject { ["kind"] = failed.Code, ["message"] = PlainText.Clean(failed.Message) };
        if (failed.NeedsAuthorization)
        {
            error["reconnect_required"] = true;
            error["next_step"] =
                "The user has been shown where to reconnect this account. Say that it must be reconnected.";
        }

        if (failed.Violations.Count > 0)
        {
            error["fields"] = new JsonArray([
                .. failed.Violations.Select(violation => new JsonObject
                {
                    ["field"] = violation.Field,
                    ["problem"] = PlainText.Clean(violation.Description),
                }),
            ]);
        }

        return Wrap(toolName, Bound(new JsonObject { ["error"] = error }.ToJsonString(Readable), maxBytes));
    }

    /// <summary>One line for people.</summary>
    public static string Summary(string text)
    {
        var line = PlainText.Clean(text).ReplaceLineEndings(" ").Trim();
        return line.Length <= MaxSummary ? line : $"{line[..(MaxSummary - 1)]}…";
    }

    // What is inside cannot close the tag.
    private static string Wrap(string toolName, string json) =>
        $"<tool_output tool=\"{new string([.. toolName.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-').Take(64)])}\">\n"
        + json.Replace("</tool_output", "<\\/tool_output", StringComparison.OrdinalIgnoreCase)
        + "\n</tool_output>";

    private static string Bound(string json, int maxBytes)
    {
        var bytes = Encoding.UTF8.GetByteCount(json);
        if (bytes <= maxBytes)
        {
            return json;
        }

        var kept = 0;
        var length = 0;
        foreach (var rune in json.EnumerateRunes())
        {
            if (length + rune.Utf8SequenceLength > maxBytes)
            {
                break;
            }

            length += rune.Utf8SequenceLength;
            kept += rune.Utf16SequenceLength;
        }

        return $"{json[..kept]}\n[cut: the first {length} of {bytes} bytes are shown; ask for less, or for the next page]";
    }
}
