using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Behalf.Import.Writing;

/// <summary>
/// Writes data as the YAML that connector folders are written in: blocks, with what fits on a line in flow style. A text
/// that could be read as anything else is quoted, so that what is read is what was written.
/// </summary>
internal static partial class YamlText
{
    private const int LineLength = 120;

    private static readonly JsonSerializerOptions Quoting = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file for people, never a page
    };

    private static readonly string[] Words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

    public static string Of(JsonObject document)
    {
        StringBuilder text = new();
        Block(text, document, 0);
        return text.ToString();
    }

    private static void Block(StringBuilder text, JsonObject map, int indent)
    {
        foreach ((string key, JsonNode? value) in map)
        {
            Entry(text.Append(' ', indent), key, value, indent);
        }
    }

    /// <summary>What follows stands at the line's beginning already.</summary>
    private static void Entry(StringBuilder text, string key, JsonNode? value, int indent)
    {
        string name = Scalar(key);
        text.Append(name).Append(':');
        string flow = Flow(value);
        if (flow.Length + name.Length + indent + 2 <= LineLength || !HasChildren(value))
        {
            text.Append(' ').Append(flow).Append('\n');
            return;
        }

        text.Append('\n');
        if (value is JsonObject inner)
        {
            Block(text, inner, indent + 2);
            return;
        }

        foreach (JsonNode? item in value!.AsArray())
        {
            Item(text, item, indent + 2);
        }
    }

    private static void Item(StringBuilder text, JsonNode? item, int indent)
    {
        text.Append(' ', indent).Append("- ");
        string flow = Flow(item);
        if (flow.Length + indent + 2 <= LineLength || !HasChildren(item) || item is not JsonObject map)
        {
            text.Append(flow).Append('\n');
            return;
        }

        bool isFirst = true;
        foreach ((string key, JsonNode? value) in map)
        {
            Entry(isFirst ? text : text.Append(' ', indent + 2), key, value, indent + 2);
            isFirst = false;
        }
    }

    private static bool HasChildren(JsonNode? node) => node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 };

    private static string Flow(JsonNode? node) =>
        node switch
        {
            JsonObject map =>
                $"{{{string.Join(", ", map.Select(entry => $"{Scalar(entry.Key)}: {Flow(entry.Value)}"))}}}",
            JsonArray list => $"[{string.Join(", ", list.Select(Flow))}]",
            null => "null",
            JsonValue value => value.GetValueKind() switch
            {
                JsonValueKind.String => Scalar(value.GetValue<string>()),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                _ => value.TryGetValue(out decimal number)
                    ? number.ToString(CultureInfo.InvariantCulture)
                    : value.ToJsonString(),
            },
            _ => throw new InvalidOperationException($"There is no form for {node.GetType().Name}."),
        };

    private static string Scalar(string text) =>
        Plain().IsMatch(text) && !Words.Contains(text, StringComparer.OrdinalIgnoreCase) ? text : Quoted(text);

    /// <summary>JSON's quoting is YAML's (1.2 §5.7), but for what YAML does not print.</summary>
    private static string Quoted(string text)
    {
        string json = JsonSerializer.Serialize(text, Quoting);
        return Unprintable()
            .Replace(json, match => $"\\u{((int)match.Value[0]).ToString("x4", CultureInfo.InvariantCulture)}");
    }

    [GeneratedRegex(
        "^(=?[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./()-]+)*)\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Plain();

    [GeneratedRegex(
        "[\\x7f-\\x9f\\u2028\\u2029\\ufeff\\ufffe\\uffff]",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Unprintable();
}
