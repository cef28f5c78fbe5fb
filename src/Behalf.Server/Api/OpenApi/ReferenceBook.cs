using System.Text.Json.Nodes;

namespace Behalf.Server.Api.OpenApi;

/// <summary>The document as its reference page reads it.</summary>
public sealed record ReferenceBook(
    string Version,
    IReadOnlyList<ReferenceChapter> Chapters,
    IReadOnlyList<ReferenceType> Types
)
{
    private const string SchemaPrefix = "#/components/schemas/";

    private static readonly string[] Bounds =
    [
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "maxProperties",
    ];

    internal static ReferenceBook Of(JsonObject document)
    {
        ILookup<string, ReferenceOperation> operations = document["paths"]!
            .AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(verb => Operation(path.Key, verb.Key, verb.Value!)))
            .ToLookup(operation => operation.Chapter, StringComparer.Ordinal);
        return new ReferenceBook(
            Text(document["info"]!["version"]),
            [
                .. document["tags"]!
                    .AsArray()
                    .Select(tag => new ReferenceChapter(
                        Text(tag!["name"]),
                        Text(tag["description"]),
                        [.. operations[Text(tag["name"])]]
                    )),
            ],
            [
                .. document["components"]!["schemas"]!
                    .AsObject()
                    .Select(schema => new ReferenceType(
                        schema.Key,
                        Text(schema.Value!["description"]),
                        Fields(schema.Value),
                        Values(schema.Value)
                    )),
            ]
        );
    }

    private static ReferenceOperation Operation(string path, string verb, JsonNode operation) =>
        new(
            Text(operation["tags"]![0]),
            Text(operation["operationId"]),
            verb.ToUpperInvariant(),
            path,
            Text(operation["summary"]),
            Text(operation["description"]),
            [.. operation["security"]!.AsArray().Select(scheme => scheme!.AsObject().First().Key)],
            [
                .. (operation["parameters"]?.AsArray() ?? []).Select(parameter => new ReferenceField(
                    Text(parameter!["name"]),
                    $"{Text(parameter["in"])} · {TypeOf(parameter["schema"]!)}",
                    TypeNameOf(parameter["schema"]!),
                    parameter["required"]?.GetValue<bool>() == true,
                    Text(parameter["schema"]!["description"])
                )),
            ],
            TypeNameOf(BodyOf(operation)),
            BodyOf(operation) is { } body ? Fields(body) : [],
            TypeNameOf(operation["responses"]!["200"]!["content"]!["application/json"]!["schema"])
        );

    private static JsonNode? BodyOf(JsonNode operation) =>
        operation["requestBody"]?["content"]?["application/json"]?["schema"];

    private static IReadOnlyList<ReferenceField> Fields(JsonNode schema)
    {
        string[] required = [.. (schema["required"]?.AsArray() ?? []).Select(Text)];
        return
        [
            .. (schema["properties"]?.AsObject() ?? []).Select(field => new ReferenceField(
                field.Key,
                TypeOf(field.Value!),
                TypeNameOf(field.Value),
                required.Contains(field.Key),
                Text(field.Value!["description"])
            )),
        ];
    }

    private static IReadOnlyList<string> Values(JsonNode schema) => [.. (schema["enum"]?.AsArray() ?? []).Select(Text)];

    /// <summary>In words: <c>string, 1–100 characters</c>, <c>list of tools.Tool</c>.</summary>
    private static string TypeOf(JsonNode schema)
    {
        string type =
            TypeNameOf(schema) is { } name && schema["items"] is null ? name
            : schema["items"] is { } items ? $"list of {TypeOf(items)}"
            : schema["format"] is { } format ? $"{Text(schema["type"])} ({Text(format)})"
            : Text(schema["type"]) is { Length: > 0 } plain ? plain
            : "any value";
        string bounds = string.Join(
            ", ",
            schema
                .AsObject()
                .Where(keyword => Bounds.Contains(keyword.Key))
                .Select(keyword => $"{keyword.Key} {keyword.Value}")
        );
        return bounds.Length == 0 ? type : $"{type}, {bounds}";
    }

    /// <returns>Null when the schema names none of ours.</returns>
    private static string? TypeNameOf(JsonNode? schema) =>
        (schema?["$ref"] ?? schema?["items"]?["$ref"]) is { } reference ? Text(reference)[SchemaPrefix.Length..] : null;

    private static string Text(JsonNode? node) => node?.GetValue<string>() ?? string.Empty;
}

public sealed record ReferenceChapter(string Name, string Description, IReadOnlyList<ReferenceOperation> Operations);

/// <param name="Body">The type of the body; null without one, or when it is no type of its own.</param>
/// <param name="BodyFields">Of a body that is no type of its own.</param>
public sealed record ReferenceOperation(
    string Chapter,
    string Id,
    string Verb,
    string Path,
    string Summary,
    string Description,
    IReadOnlyList<string> Credentials,
    IReadOnlyList<ReferenceField> Parameters,
    string? Body,
    IReadOnlyList<ReferenceField> BodyFields,
    string? Result
);

/// <param name="TypeName">A type of the book to link to.</param>
public sealed record ReferenceField(string Name, string Type, string? TypeName, bool IsRequired, string Description);

/// <param name="Values">Of an enumeration.</param>
public sealed record ReferenceType(
    string Name,
    string Description,
    IReadOnlyList<ReferenceField> Fields,
    IReadOnlyList<string> Values
);
