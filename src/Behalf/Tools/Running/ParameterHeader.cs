using System.Globalization;
using System.Text;
using Behalf.Connectors.Steps;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>
/// Arguments repeated in headers of a request to a remote MCP server (2026-07-28). What no header can hold as it is goes in
/// base64 between <c>=?base64?</c> and <c>?=</c>.
/// </summary>
internal static class ParameterHeader
{
    public const string Prefix = "Mcp-Param-";

    private const string Opening = "=?base64?";
    private const string Closing = "?=";
    private const int Longest = 8 * 1024;
    private const decimal LargestExact = 9_007_199_254_740_991; // 2^53 - 1: what everyone between can compare

    /// <summary>An argument that is not given, or null, has no header.</summary>
    /// <exception cref="ToolFault">A value is too long for a header.</exception>
    public static IEnumerable<KeyValuePair<string, string>> Of(McpStep step, JObject arguments, RunContext context)
    {
        foreach (McpHeader header in step.Headers)
        {
            if (Write(ValueAt(arguments, header.Path)) is not { } text)
            {
                continue;
            }

            yield return text.Length <= Longest
                ? new(Prefix + header.Name, text)
                : throw context.Fault(
                    FaultKinds.InvalidInput,
                    $"{string.Join('.', header.Path)} is repeated in a header and is too long for one."
                );
        }
    }

    /// <returns>Null: there is nothing to send.</returns>
    public static string? Write(JToken? value) =>
        value switch
        {
            JValue { Value: string text } => Encode(text),
            JValue { Value: bool flag } => flag ? "true" : "false",
            JValue { Type: JTokenType.Integer or JTokenType.Float } number => Whole(number),
            _ => null,
        };

    public static string Encode(string text)
    {
        bool isPlain =
            text.All(c => c is >= ' ' and <= '~')
            && text.Trim(' ').Length == text.Length
            && !(
                text.StartsWith(Opening, StringComparison.Ordinal) && text.EndsWith(Closing, StringComparison.Ordinal)
            );
        return isPlain ? text : $"{Opening}{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}{Closing}";
    }

    private static string? Whole(JValue number) =>
        decimal.TryParse(
            Convert.ToString(number.Value, CultureInfo.InvariantCulture),
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out decimal value
        )
        && decimal.Truncate(value) == value
        && Math.Abs(value) <= LargestExact
            ? decimal.Truncate(value).ToString("0", CultureInfo.InvariantCulture)
            : null;

    private static JToken? ValueAt(JToken arguments, IReadOnlyList<string> path)
    {
        JToken? value = arguments;
        foreach (string name in path)
        {
            value = (value as JObject)?[name];
        }

        return value;
    }
}
