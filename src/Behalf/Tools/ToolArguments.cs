using System.Text.Json;
using Behalf.Connectors;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools;

/// <summary>Arguments that fit the tool's schema, defaults applied, and their canonical form.</summary>
/// <param name="Canonical">As given, without the cursor, keys in ordinal order: what digests and cursors are bound to.</param>
internal sealed record ToolArguments(JObject Value, byte[] Canonical, string? Cursor)
{
    private const int MaxBytes = 256 * 1024;
    private const int MaxDepth = 32;

    /// <summary>Read against the schema of the name that was used, then as the tool's own arguments.</summary>
    public static Result<ToolArguments> Read(OfferedTool tool, JsonElement arguments)
    {
        InputSchema own =
            tool.Definition.Input ?? throw new InvalidOperationException($"{tool.Name} was not read from a document.");
        if (tool.Alias is not { } alias)
        {
            return Read(own, arguments);
        }

        Result<ToolArguments> asGiven = Read(alias.Input, arguments);
        return asGiven.Succeeded ? Check(own, Mapped(alias, asGiven.Value)) : asGiven;
    }

    private static JObject Mapped(ToolAlias alias, ToolArguments given)
    {
        JObject mapped = (JObject)alias.Arguments.Evaluate(new JObject { ["args"] = given.Value })!;
        if (given.Cursor is { } cursor)
        {
            mapped["cursor"] = cursor;
        }

        return mapped;
    }

    public static Result<ToolArguments> Read(InputSchema schema, JsonElement arguments)
    {
        if (arguments.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return Check(schema, []);
        }

        if (arguments.ValueKind != JsonValueKind.Object)
        {
            return Problem.Invalid("arguments", "type", "must be a JSON object");
        }

        if (arguments.GetRawText().Length > MaxBytes)
        {
            return Problem.Invalid("arguments", "max_len", $"are larger than {MaxBytes / 1024} KiB");
        }

        if (Fault(arguments, "", 1) is { } fault)
        {
            return Invalid([fault]);
        }

        return Check(schema, (JObject)Tokens.FromArguments(arguments));
    }

    private static Result<ToolArguments> Check(InputSchema schema, JObject value)
    {
        IReadOnlyList<FieldViolation> violations = SchemaValidator.Check(schema.Root, value, "");
        if (violations.Count > 0)
        {
            return Invalid(violations);
        }

        string? cursor = value.Value<string?>("cursor");
        byte[] canonical = Tokens.ToCanonicalUtf8(value, leftOut: "cursor");
        SchemaValidator.ApplyDefaults(schema.Root, value);
        return new ToolArguments(value, canonical, cursor);
    }

    private static Problem Invalid(IReadOnlyList<FieldViolation> violations) =>
        new(
            ProblemKind.InvalidArgument,
            "invalid_argument",
            string.Join("; ", violations.Select(one => one.Description))
        )
        {
            Violations = violations,
        };

    /// <summary>What no schema can say: depth, names given twice, numbers and texts that cannot be kept exactly.</summary>
    private static FieldViolation? Fault(JsonElement element, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            return new FieldViolation(path, "arguments are nested too deeply", "depth");
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                HashSet<string> names = new(StringComparer.Ordinal);
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    if (!TryName(property, out string name) || !names.Add(name))
                    {
                        return new FieldViolation(
                            path,
                            $"{Place(path)} has a property twice, or one that is not Unicode",
                            "duplicate"
                        );
                    }

                    if (Fault(property.Value, path.Length == 0 ? name : $"{path}.{name}", depth + 1) is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in element.EnumerateArray())
                {
                    if (Fault(item, $"{path}[{index++}]", depth + 1) is { } inner)
                    {
                        return inner;
                    }
                }

                return null;
            case JsonValueKind.Number when !Tokens.IsExact(element.GetRawText()):
                return new FieldViolation(
                    Shown(path),
                    $"{Place(path)} is a number whose exact value cannot be kept; send it as a string",
                    "exact"
                );
            case JsonValueKind.String when !IsUnicode(element):
                return new FieldViolation(Shown(path), $"{Place(path)} is not valid Unicode", "unicode");
            default:
                return null;
        }
    }

    private static bool TryName(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }

    private static bool IsUnicode(JsonElement element)
    {
        try
        {
            _ = element.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Place(string path) => path.Length == 0 ? "arguments" : Shown(path);

    private static string Shown(string path) => PlainText.Cut(PlainText.Clean(path).ReplaceLineEndings(" "), 80);
}
