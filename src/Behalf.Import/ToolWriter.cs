using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Import.Documents;
using Behalf.Import.Schemas;

namespace Behalf.Import;

/// <summary>Writes one operation as a tool of one request, in the words of the connector format.</summary>
internal sealed partial class ToolWriter(ApiDocument document, Credential credential)
{
    private const int TitleLength = 100;
    private const int DescriptionLength = 900;
    private const int CategoryLength = 40;

    private static readonly string[] IgnoredHeaders = ["accept", "content-type", "authorization"];

    /// <value>Optional fields that no tool has so far.</value>
    public int FieldsLeftOut { get; private set; }

    /// <exception cref="NotRepresentable">Why there is no such tool.</exception>
    public JsonObject Write(ApiOperation operation, string name, IReadOnlyList<string> scopes)
    {
        if (operation.IsDeprecated)
        {
            throw new NotRepresentable("it is deprecated");
        }

        if (operation.IsElsewhere)
        {
            throw new NotRepresentable("it is at a server of its own");
        }

        ArgumentReader reader = new(document);
        Draft draft = new(reader);
        IReadOnlyList<ApiParameter> parameters = ParameterList.Of(document, operation);
        string path = PathOf(operation, parameters, draft);
        foreach (ApiParameter parameter in parameters)
        {
            Add(parameter, draft);
        }

        JsonObject step = new() { ["request"] = RequestName(operation, name) };
        if (operation.Method != "GET")
        {
            step["method"] = operation.Method;
        }

        step["path"] = path;
        if (operation.Method != "GET" && ParameterList.Body(document, operation, parameters) is { } body)
        {
            new BodyWriter(document, draft, credential).Write(body, step);
        }

        foreach ((string key, JsonObject values) in draft.Parts)
        {
            if (values.Count > 0)
            {
                step[key] = values;
            }
        }

        step["save"] = "answer";
        FieldsLeftOut += reader.LeftOut;
        return Tool(operation, name, scopes, draft.Input, step);
    }

    /// <summary>What a destructive tool asks for beside its arguments.</summary>
    public static JsonObject Confirm() =>
        new()
        {
            ["type"] = "boolean",
            ["const"] = true,
            ["required"] = true,
            ["description"] = "True, once the person has said yes to exactly this.",
        };

    private static JsonObject Tool(
        ApiOperation operation,
        string name,
        IReadOnlyList<string> scopes,
        JsonObject input,
        JsonObject step
    )
    {
        string title = Words.Line(operation.Summary, TitleLength);
        title = title.Length > 0 ? title : Words.Line(Words.Snake(operation.Id ?? name).Replace('_', ' '), TitleLength);
        string text = Words.Line(operation.Description, DescriptionLength);
        string description = text.StartsWith(title.TrimEnd('.'), StringComparison.OrdinalIgnoreCase)
            ? text
            : $"{title.TrimEnd('.')}. {text}".Trim();
        JsonObject tool = new()
        {
            ["name"] = name,
            ["title"] = title,
            ["category"] = Category(operation),
            ["description"] =
                description.Length >= 10
                    ? description
                    : Words.Line($"{description} Calls {operation.Method} {operation.Path}.".Trim(), DescriptionLength),
        };
        IReadOnlyList<string> hints = Hints.Of(operation);
        if (hints.Count > 0)
        {
            tool["hints"] = new JsonArray([.. hints.Select(hint => (JsonNode)hint)]);
        }

        if (hints.Contains("destructive"))
        {
            input["confirm"] = Confirm();
        }

        if (scopes.Count > 0)
        {
            tool["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]);
        }

        if (input.Count > 0)
        {
            tool["input"] = input;
        }

        tool["steps"] = new JsonArray(step);
        tool["result"] = "=vars.answer";
        return tool;
    }

    /// <summary>The first tag; also the name of the file it is written to.</summary>
    private static string Category(ApiOperation operation)
    {
        string tag = Words.Snake(operation.Tags.FirstOrDefault() ?? "");
        return tag.Length == 0 ? "api" : tag[..Math.Min(tag.Length, CategoryLength)].Trim('_');
    }

    /// <summary>The operation's own name where the audit can show it.</summary>
    private static string RequestName(ApiOperation operation, string name) =>
        operation.Id is { } id && OperationId().IsMatch(id) ? id : name;

    /// <summary>The path with the arguments' names in its slots.</summary>
    private static string PathOf(ApiOperation operation, IReadOnlyList<ApiParameter> parameters, Draft draft)
    {
        if (operation.Path.Length > 500)
        {
            throw new NotRepresentable("its path is too long");
        }

        List<string> segments = [];
        foreach (string segment in operation.Path[1..].Split('/'))
        {
            Match match = Segment().Match(segment);
            if (!match.Success)
            {
                throw new NotRepresentable(
                    segment.Length == 0
                        ? "its path has an empty segment"
                        : $"its path has the segment '{Words.Line(segment, 60)}', which is no literal with at most one slot"
                );
            }

            string slot = match.Groups["slot"].Value;
            if (slot.Length == 0)
            {
                segments.Add(segment);
                continue;
            }

            ApiParameter parameter =
                parameters.FirstOrDefault(one => one.Place == ParameterPlace.Path && one.Name == slot)
                ?? new ApiParameter { Name = slot, Place = ParameterPlace.Path };
            segments.Add($"{match.Groups["before"].Value}{{{draft.AddSlot(parameter)}}}{match.Groups["after"].Value}");
        }

        return $"/{string.Join('/', segments)}";
    }

    private void Add(ApiParameter parameter, Draft draft)
    {
        bool isIgnored =
            parameter.Place is ParameterPlace.Path or ParameterPlace.Form
            || credential.Brings(parameter.Name)
            || (
                parameter.Place == ParameterPlace.Header
                && IgnoredHeaders.Contains(parameter.Name, StringComparer.OrdinalIgnoreCase)
            );
        if (!isIgnored)
        {
            draft.Add(parameter);
        }
    }

    [GeneratedRegex(
        "^((?<before>[A-Za-z0-9._~:-]*)\\{(?<slot>[^{}/]{1,100})\\}(?<after>[A-Za-z0-9._~:-]*)|[A-Za-z0-9._~:-]+)\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Segment();

    [GeneratedRegex("^[A-Za-z0-9._/-]{1,100}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    internal static partial Regex OperationId();
}
