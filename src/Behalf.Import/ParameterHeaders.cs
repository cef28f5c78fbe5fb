using System.Text.Json.Nodes;

namespace Behalf.Import;

/// <summary>
/// The arguments that a remote MCP tool wants repeated in headers (<c>x-mcp-header</c> of 2026-07-28), so that what stands
/// between can route by them. A tool whose annotations break the rules is not to be offered.
/// </summary>
internal static class ParameterHeaders
{
    private const string Annotation = "x-mcp-header";
    private const int MostHeaders = 50;
    private const int MaxDepth = 10;
    private const int LongestName = 100;
    private const string TokenMarks = "!#$%&'*+-.^_`|~";

    /// <returns>Header names, after <c>Mcp-Param-</c>, and the names that lead to the argument.</returns>
    /// <exception cref="NotRepresentable">An annotation is no header name, comes twice, or is on what is no plain value.</exception>
    public static JsonObject Of(JsonNode? schema)
    {
        JsonObject headers = [];
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        Add(schema, [], headers, taken);
        return headers;
    }

    private static void Add(JsonNode? schema, IReadOnlyList<string> path, JsonObject headers, HashSet<string> taken)
    {
        if ((schema as JsonObject)?["properties"] is not JsonObject properties)
        {
            return;
        }

        if (path.Count >= MaxDepth)
        {
            throw new NotRepresentable("its arguments are nested too deeply");
        }

        foreach ((string name, JsonNode? member) in properties)
        {
            if (member is not JsonObject property)
            {
                continue;
            }

            string[] inner = [.. path, name];
            Add(property, inner, headers, taken);
            if (!property.ContainsKey(Annotation))
            {
                continue;
            }

            string header = NameOf(property[Annotation], name);
            if (!IsPlain(property["type"]))
            {
                throw new NotRepresentable(
                    $"the argument '{Words.Line(name, 40)}', which goes into a header, is no text, whole number or boolean"
                );
            }

            if (!taken.Add(header) || taken.Count > MostHeaders)
            {
                throw new NotRepresentable($"the header '{header}' comes twice, or there are more than {MostHeaders}");
            }

            headers[header] = new JsonArray([.. inner.Select(step => (JsonNode)step)]);
        }
    }

    /// <summary>RFC 9110 §5.1: a token.</summary>
    private static string NameOf(JsonNode? annotation, string argument) =>
        annotation is JsonValue value
        && value.TryGetValue(out string? header)
        && header.Length is > 0 and <= LongestName
        && header.All(c => char.IsAsciiLetterOrDigit(c) || TokenMarks.Contains(c, StringComparison.Ordinal))
            ? header
            : throw new NotRepresentable(
                $"the argument '{Words.Line(argument, 40)}' goes into a header whose name is none"
            );

    /// <summary>No type is no fault: values may be bound in other words.</summary>
    private static bool IsPlain(JsonNode? type) =>
        type switch
        {
            null => true,
            JsonArray types => types.Select(TextOf).Where(one => one != "null").ToArray() is { Length: > 0 } some
                && some.All(IsPlainName),
            _ => IsPlainName(TextOf(type)),
        };

    private static bool IsPlainName(string? type) => type is "string" or "integer" or "boolean";

    private static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
