using System.Globalization;
using System.Text;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Schemas;

/// <summary>
/// Checks arguments and says what is wrong so that a model can repair its call: the allowed values, the nearest known
/// name, an example of the form. Messages hold at most a short piece of the value.
/// </summary>
internal static class SchemaValidator
{
    private const int MaxProblems = 10;
    private static readonly string[] InstantForms =
    [
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd'T'HH:mmK",
    ];

    /// <returns>At most ten problems; none when the value fits.</returns>
    public static IReadOnlyList<FieldViolation> Check(SchemaNode schema, JToken value, string path)
    {
        List<FieldViolation> problems = [];
        Visit(schema, value, path, problems);
        return problems.Count > MaxProblems ? problems[..MaxProblems] : problems;
    }

    /// <summary>Adds the defaults of properties that were not given.</summary>
    public static void ApplyDefaults(SchemaNode schema, JObject value)
    {
        foreach (SchemaProperty property in schema.Properties)
        {
            if (!value.ContainsKey(property.Name))
            {
                if (property.Schema.Default is { } given)
                {
                    value[property.Name] = given.DeepClone();
                }
            }
            else if (value[property.Name] is JObject inner)
            {
                ApplyDefaults(property.Schema, inner);
            }
            else if (value[property.Name] is JArray list && property.Schema.Items is { } items)
            {
                foreach (JObject item in list.OfType<JObject>())
                {
                    ApplyDefaults(items, item);
                }
            }
        }
    }

    private static void Visit(SchemaNode schema, JToken value, string path, List<FieldViolation> problems)
    {
        if (problems.Count >= MaxProblems)
        {
            return;
        }

        if (schema.OneOf.Count > 0)
        {
            VisitChoices(schema, value, path, problems);
            return;
        }

        if (schema.Types.Count > 0 && !schema.Types.Any(type => IsOf(type, value)))
        {
            problems.Add(new FieldViolation(path, $"{path} must be {Names(schema)}", "type"));
            return;
        }

        if (schema.Enum is { } allowed && !allowed.Any(one => JToken.DeepEquals(one, value)))
        {
            string list = string.Join(", ", allowed.Select(one => Tokens.TextOf(one) ?? "null"));
            problems.Add(
                new FieldViolation(
                    path,
                    allowed.Count == 1 ? $"{path} must be {list}" : $"{path} must be one of: {list}",
                    "enum"
                )
            );
            return;
        }

        switch (value)
        {
            case JObject map:
                VisitObject(schema, map, path, problems);
                break;
            case JArray list:
                VisitList(schema, list, path, problems);
                break;
            case JValue { Value: string text }:
                VisitText(schema, text, path, problems);
                break;
            case JValue { Type: JTokenType.Integer or JTokenType.Float }:
                VisitNumber(schema, value.Value<decimal>(), path, problems);
                break;
        }
    }

    private static void VisitChoices(SchemaNode schema, JToken value, string path, List<FieldViolation> problems)
    {
        List<FieldViolation>? closest = null;
        foreach (SchemaNode choice in schema.OneOf)
        {
            List<FieldViolation> found = [];
            Visit(choice, value, path, found);
            if (found.Count == 0)
            {
                return;
            }

            if (closest is null || (closest[0].Constraint == "type" && found[0].Constraint != "type"))
            {
                closest = found;
            }
        }

        if (closest is [{ Constraint: "type" }, ..])
        {
            problems.Add(
                new FieldViolation(path, $"{path} must be {string.Join(" or ", schema.OneOf.Select(Names))}", "type")
            );
        }
        else
        {
            problems.AddRange(closest ?? []);
        }
    }

    private static void VisitObject(SchemaNode schema, JObject map, string path, List<FieldViolation> problems)
    {
        string prefix = path.Length == 0 ? "" : $"{path}.";
        foreach (string missing in schema.Required.Where(name => !map.ContainsKey(name)))
        {
            problems.Add(new FieldViolation(prefix + missing, $"{prefix}{missing} is required", "required"));
        }

        if (map.Count > schema.MaxProperties)
        {
            problems.Add(new FieldViolation(path, $"{path} has more than {schema.MaxProperties} entries", "max_items"));
            return;
        }

        foreach (JProperty property in map.Properties())
        {
            SchemaNode? known =
                schema.Properties.FirstOrDefault(candidate => candidate.Name == property.Name)?.Schema
                ?? schema.FreeProperties;
            if (known is null)
            {
                problems.Add(Unknown(schema, prefix, property.Name));
            }
            else
            {
                Visit(known, property.Value, prefix + Short(property.Name), problems);
            }
        }
    }

    private static FieldViolation Unknown(SchemaNode schema, string prefix, string name)
    {
        IEnumerable<string> known = schema.Properties.Select(property => property.Name);
        string hint =
            NearestName.Of(name, known) is { } near ? $"did you mean {prefix}{near}?"
            : schema.Properties.Count == 0 ? "there are none"
            : $"there are: {string.Join(", ", known)}";
        string shown = prefix + Short(name);
        return new FieldViolation(shown, $"{shown} is not a known property; {hint}", "unknown_property");
    }

    private static void VisitList(SchemaNode schema, JArray list, string path, List<FieldViolation> problems)
    {
        if (list.Count < schema.MinItems || list.Count > schema.MaxItems)
        {
            string bounds =
                schema.MaxItems == int.MaxValue
                    ? $"at least {schema.MinItems}"
                    : $"{schema.MinItems} to {schema.MaxItems}";
            problems.Add(new FieldViolation(path, $"{path} must have {bounds} items, not {list.Count}", "items"));
            return;
        }

        for (int i = 0; schema.Items is { } items && i < list.Count; i++)
        {
            Visit(items, list[i], $"{path}[{i}]", problems);
        }
    }

    private static void VisitText(SchemaNode schema, string text, string path, List<FieldViolation> problems)
    {
        int length = 0;
        foreach (Rune _ in text.EnumerateRunes())
        {
            length++;
        }

        if (length < schema.MinLength)
        {
            string what =
                schema.MinLength == 1 ? "must not be empty" : $"must have at least {schema.MinLength} characters";
            problems.Add(new FieldViolation(path, $"{path} {what}", "min_len"));
        }
        else if (length > schema.MaxLength)
        {
            problems.Add(
                new FieldViolation(
                    path,
                    $"{path} has {length} characters; at most {schema.MaxLength} are taken",
                    "max_len"
                )
            );
        }
        else if (schema.Pattern is { } pattern && !pattern.IsMatch(text))
        {
            problems.Add(new FieldViolation(path, $"{path} must match the pattern {pattern}", "pattern"));
        }
        else if (schema.Format is { } format && !HasFormat(format, text))
        {
            problems.Add(new FieldViolation(path, $"{path} must be {Example(format)}, not {Short(text)}", "format"));
        }
    }

    private static void VisitNumber(SchemaNode schema, decimal number, string path, List<FieldViolation> problems)
    {
        if (number < schema.Minimum || number > schema.Maximum)
        {
            string bounds =
                schema is { Minimum: { } least, Maximum: { } most } ? $"from {least} to {most}"
                : schema.Minimum is { } low ? $"at least {low}"
                : $"at most {schema.Maximum}";
            problems.Add(new FieldViolation(path, $"{path} must be {bounds}, not {number}", "range"));
        }
    }

    private static bool IsOf(string type, JToken value) =>
        type switch
        {
            "object" => value is JObject,
            "array" => value is JArray,
            "string" => value.Type == JTokenType.String,
            "boolean" => value.Type == JTokenType.Boolean,
            "number" => value.Type is JTokenType.Integer or JTokenType.Float,
            "integer" => value.Type == JTokenType.Integer
                || (value is JValue { Value: decimal number } && number == decimal.Truncate(number)),
            "null" => value.Type == JTokenType.Null,
            _ => false,
        };

    private static bool HasFormat(string format, string text) =>
        format switch
        {
            "date" => DateOnly.TryParseExact(
                text,
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out _
            ),
            "date-time" => DateTimeOffset.TryParseExact(
                text,
                InstantForms,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out _
            ) && (text.EndsWith('Z') || text.AsSpan(10).IndexOfAny('+', '-') >= 0),
            "uri" => text.Length <= 4096
                && Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
                && uri.Scheme is "https" or "http"
                && uri.UserInfo.Length == 0,
            "email" => text.Length <= 320
                && text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
                && at < text.Length - 1
                && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)),
            _ => false,
        };

    private static string Example(string format) =>
        format switch
        {
            "date" => "a date like 2026-12-31",
            "date-time" => "a time like 2026-12-31T17:00:00Z",
            "uri" => "a web address like https://example.com/page",
            _ => "an email address like alice@acme.com",
        };

    private static string Names(SchemaNode schema) =>
        string.Join(
            " or ",
            schema.Types.Select(type =>
                type switch
                {
                    "object" => "an object",
                    "array" => "a list",
                    "string" when schema.Format is { } format => Example(format),
                    "string" => "a text",
                    "integer" => "a whole number",
                    "number" => "a number",
                    "boolean" => "true or false",
                    _ => "null",
                }
            )
        );

    /// <summary>A piece of a caller's text for a message: at most 40 characters, nothing that a terminal or log would act on.</summary>
    private static string Short(string text)
    {
        string clean = string.Concat(text.Take(40).Where(c => char.IsLetterOrDigit(c) || c is >= ' ' and <= '~'));
        return text.Length > 40 ? $"{clean}…" : clean;
    }
}
