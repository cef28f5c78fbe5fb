using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Behalf.Tests.Connectors.Support;

/// <summary>Arguments that fit an input schema.</summary>
internal static class Examples
{
    private static readonly string[] Texts =
    [
        "1201",
        "WEB-12",
        "WEB",
        "acme",
        "alice@acme.com",
        "2026-12-31",
        "2026-12-31T10:00:00Z",
        "https://acme.example/",
        "/tasks/1201",
        "Website",
        "evt12345abcdef67",
        "1234567890.123456",
        "AAMkAGI2TG93AAA1234567890",
        "003000000000001",
        "select Name from Account",
        "text/plain",
    ];

    /// <param name="all">False: the required properties only.</param>
    public static JsonObject Of(JsonObject schema, bool all)
    {
        HashSet<string> required = [.. (schema["required"]?.AsArray() ?? []).Select(name => (string)name!)];
        JsonObject example = [];
        foreach ((string name, JsonNode? property) in schema["properties"]?.AsObject() ?? [])
        {
            if (name != "cursor" && (all || required.Contains(name)))
            {
                example[name] = ValueOf(property!.AsObject(), all);
            }
        }

        return example;
    }

    public static string TypeOf(JsonNode schema) =>
        schema["type"] switch
        {
            JsonArray types => (string)types[0]!,
            JsonValue type => (string)type!,
            _ => "string",
        };

    private static JsonNode? ValueOf(JsonObject schema, bool all)
    {
        if ((schema["const"] ?? (schema["enum"] as JsonArray)?[0]) is { } literal)
        {
            return literal.DeepClone();
        }

        if ((schema["anyOf"] ?? schema["oneOf"]) is JsonArray choices)
        {
            return ValueOf(choices[0]!.AsObject(), all);
        }

        return TypeOf(schema) switch
        {
            "array" => new JsonArray(ValueOf(schema["items"]!.AsObject(), all)),
            "object" => Of(schema, all),
            "boolean" => JsonValue.Create(true),
            "integer" or "number" => schema["minimum"]?.DeepClone() ?? JsonValue.Create(1),
            _ => JsonValue.Create(TextOf(schema)),
        };
    }

    private static string TextOf(JsonObject schema)
    {
        string? format = (string?)schema["format"];
        string? pattern = (string?)schema["pattern"];
        return Texts.First(text =>
            (pattern is null || Regex.IsMatch(text, pattern))
            && format switch
            {
                "date" => text == "2026-12-31",
                "date-time" => text.EndsWith('Z'),
                "uri" => text.StartsWith("https:", StringComparison.Ordinal),
                "email" => text.Contains('@', StringComparison.Ordinal),
                _ => true,
            }
        );
    }
}
