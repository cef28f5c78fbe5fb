using System.Globalization;
using System.Text.Json;

namespace Behalf.Import.Documents;

/// <summary>
/// An OpenAPI document (3.0, 3.1) or a Swagger one (2.0), read where it is asked and never as a whole: what nobody chose is
/// not looked at. References are followed inside the document alone.
/// </summary>
internal sealed class ApiDocument
{
    private const int MaxHops = 20;

    private readonly Dictionary<string, JsonElement> _referred = new(StringComparer.Ordinal);

    /// <exception cref="ImportFault">Another format, or a version that is not read.</exception>
    public ApiDocument(JsonElement root)
    {
        Root = root;
        string? version = Json.TextOf(root, "openapi") ?? Json.TextOf(root, "swagger");
        IsSwagger = Json.TextOf(root, "swagger") is not null;
        Version = version switch
        {
            "2.0" when IsSwagger => version,
            ['3', '.', '0' or '1', ..] when !IsSwagger => version.Length <= 20 ? version : version[..20],
            null => throw new ImportFault("it names no version: neither 'openapi: 3.…' nor 'swagger: \"2.0\"'"),
            _ => throw new ImportFault("OpenAPI 3.0 and 3.1 and Swagger 2.0 are read, and it is another version"),
        };
        if (Json.Member(root, "paths") is not { ValueKind: JsonValueKind.Object } paths)
        {
            throw new ImportFault("it has no 'paths'");
        }

        Paths = paths;
    }

    private ApiDocument(JsonElement root, string version)
    {
        Root = root;
        Version = version;
    }

    /// <summary>A schema that stands alone, such as a tool's: its references lead into itself.</summary>
    public static ApiDocument OfSchema(JsonElement schema) => new(schema, "3.1");

    public JsonElement Root { get; }

    public JsonElement Paths { get; }

    public string Version { get; }

    /// <value>True: 2.0.</value>
    public bool IsSwagger { get; }

    /// <summary>What stands at the end of its references; itself when it is none.</summary>
    /// <exception cref="NotRepresentable">A reference to elsewhere, to nothing, or in a circle.</exception>
    public JsonElement Follow(JsonElement element)
    {
        for (int hop = 0; hop < MaxHops; hop++)
        {
            if (Json.TextOf(element, "$ref") is not { } reference)
            {
                return element;
            }

            if (!_referred.TryGetValue(reference, out JsonElement found))
            {
                found = Find(reference);
                _referred[reference] = found;
            }

            element = found;
        }

        throw new NotRepresentable("its references lead in a circle");
    }

    private JsonElement Find(string reference)
    {
        if (reference == "#")
        {
            return Root;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            throw new NotRepresentable(
                $"it refers to another document ({Words.Line(reference, 80)}), and none is fetched"
            );
        }

        JsonElement at = Root;
        foreach (string part in reference[2..].Split('/'))
        {
            string name = Uri.UnescapeDataString(part)
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            JsonElement? next = at.ValueKind switch
            {
                JsonValueKind.Object => Json.Member(at, name),
                JsonValueKind.Array
                    when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                        && index < at.GetArrayLength() => at[index],
                _ => null,
            };
            at = next ?? throw new NotRepresentable($"it refers to nothing ({Words.Line(reference, 80)})");
        }

        return at;
    }
}
