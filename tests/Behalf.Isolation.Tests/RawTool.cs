using System.Text.Json.Nodes;
using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>A tool that sends one request of Asana's API, and how it is pointed at an object.</summary>
/// <param name="Takes">The kind its argument names; null: one the practice world holds none of.</param>
/// <param name="Argument">Empty: it names nothing.</param>
public sealed record RawTool(string Name, bool IsReadOnly, Kind? Takes, string Argument, JsonObject Schema)
{
    private static readonly Dictionary<string, Kind> Kinds = new(StringComparer.Ordinal)
    {
        ["task_gid"] = Kind.Task,
        ["project_gid"] = Kind.Project,
        ["user_gid"] = Kind.User,
        ["assignee_gid"] = Kind.User,
        ["user"] = Kind.User,
        ["owner"] = Kind.User,
        ["tag_gid"] = Kind.Tag,
        ["section_gid"] = Kind.Section,
        ["team_gid"] = Kind.Team,
        ["team"] = Kind.Team,
        ["story_gid"] = Kind.Story,
        ["workspace_gid"] = Kind.Workspace,
        ["organization_gid"] = Kind.Workspace,
        ["workspace"] = Kind.Workspace,
        ["custom_field_gid"] = Kind.CustomField,
        ["portfolio_gid"] = Kind.Portfolio,
        ["portfolio"] = Kind.Portfolio,
        ["goal_gid"] = Kind.Goal,
        ["supported_goal_gid"] = Kind.Goal,
        ["parent_gid"] = Kind.Project,
        ["parent"] = Kind.Project,
        ["resource"] = Kind.Project,
        ["resource_gid"] = Kind.Project,
        ["item_gid"] = Kind.Project,
        ["supporting_resource_gid"] = Kind.Project,
    };

    /// <summary>Every tool of the connector that the hand-written table does not hold.</summary>
    public static async Task<IReadOnlyList<RawTool>> AllAsync(BehalfClient behalf, CancellationToken cancellationToken)
    {
        ConnectorDetails connector = await behalf.Connectors.GetAsync("asana", cancellationToken);
        HashSet<string> known = [.. ToolTable.Cases.Select(one => one.Tool)];
        return await NamedAsync(
            behalf,
            connector.Tools.Select(tool => $"asana_{tool.Name}").Where(name => !known.Contains(name)),
            cancellationToken
        );
    }

    /// <summary>Tools under exactly these names.</summary>
    public static async Task<IReadOnlyList<RawTool>> NamedAsync(
        BehalfClient behalf,
        IEnumerable<string> names,
        CancellationToken cancellationToken
    )
    {
        List<RawTool> tools = [];
        foreach (string[] some in names.Chunk(20))
        {
            await foreach (
                ToolDescription tool in behalf.Tools.ListAsync(new ToolQuery { ToolNames = some }, cancellationToken)
            )
            {
                tools.Add(Of(tool));
            }
        }

        return tools;
    }

    /// <param name="gid">Of the object it is pointed at.</param>
    /// <param name="other">Gives something for the other arguments that must be given.</param>
    public JsonObject With(string gid, Func<Kind, string> other)
    {
        JsonObject arguments = [];
        foreach (JsonNode? required in Schema["required"]?.AsArray() ?? [])
        {
            string name = (string)required!;
            arguments[name] = Kinds.TryGetValue(name, out Kind kind)
                ? other(kind)
                : Something(Schema["properties"]![name]!.AsObject());
        }

        if (Argument.Length > 0)
        {
            arguments[Argument] = gid;
        }

        return arguments;
    }

    private static RawTool Of(ToolDescription tool)
    {
        JsonObject schema = JsonNode.Parse(tool.InputSchema.GetRawText())!.AsObject();
        string[] required = [.. (schema["required"]?.AsArray() ?? []).Select(name => (string)name!)];
        string[] named =
        [
            .. required,
            .. schema["properties"]!.AsObject().Select(one => one.Key).Where(name => !required.Contains(name)),
        ];
        // What stands in the path is required and ends so; of several the first known kind is the one.
        string argument =
            named.FirstOrDefault(Kinds.ContainsKey)
            ?? required.FirstOrDefault(name => name.EndsWith("_gid", StringComparison.Ordinal))
            ?? "";
        return new RawTool(
            tool.Name,
            tool.IsReadOnly,
            Kinds.TryGetValue(argument, out Kind kind) ? kind : null,
            argument,
            schema
        );
    }

    private static JsonNode Something(JsonObject schema) =>
        (schema["enum"] as JsonArray)?[0]?.DeepClone()
        ?? (string?)schema["type"] switch
        {
            "array" => new JsonArray(),
            "object" => new JsonObject(),
            "boolean" => JsonValue.Create(false),
            "integer" or "number" => JsonValue.Create(1),
            _ => (string?)schema["format"] switch
            {
                "date" => JsonValue.Create("2027-01-31"),
                "uri" => JsonValue.Create("https://acme.example/page"),
                _ => JsonValue.Create("1"),
            },
        };
}
