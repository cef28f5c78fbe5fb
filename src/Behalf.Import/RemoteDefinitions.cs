using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Document;
using Behalf.Connectors.Remote;
using Behalf.Import.Documents;
using Behalf.Import.Schemas;
using Behalf.Import.Writing;

namespace Behalf.Import;

/// <summary>Writes remote MCP servers as connectors: the same subset of schemas, the same reader at the end. Pure.</summary>
public sealed class RemoteDefinitions : IRemoteDefinitions
{
    private const string Tools = "tools:";

    public RemoteDefinition Write(RemoteHead head, IReadOnlyList<RemoteTool> tools)
    {
        ArgumentNullException.ThrowIfNull(head);
        return WithTools($"{Head(head)}{Tools} []\n", tools);
    }

    public RemoteDefinition WithTools(string document, IReadOnlyList<RemoteTool> tools)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(tools);
        string head = document[..(document.IndexOf($"\n{Tools}", StringComparison.Ordinal) + 1)];
        HashSet<string> taken = new(StringComparer.Ordinal) { "refresh_tools" };
        JsonArray written = [];
        List<(string, string)> leftOut = [];
        foreach (RemoteTool tool in tools)
        {
            string name = Words.ToolName(tool.Name, taken);
            try
            {
                JsonObject one = Tool(tool, name);
                Check(head, one);
                written.Add(one);
                taken.Add(name);
            }
            catch (NotRepresentable reason)
            {
                leftOut.Add((tool.Name, reason.Message));
            }
        }

        written.Add(Refresh());
        return new RemoteDefinition(head + YamlText.Of(new JsonObject { ["tools"] = written }), leftOut);
    }

    private static string Head(RemoteHead head)
    {
        JsonObject document = new()
        {
            ["format"] = 1,
            ["slug"] = head.Slug,
            ["name"] = Words.Line(head.Name, 60),
            ["description"] = Words.Line(head.Description, 200),
            ["base_url"] = head.Server.GetLeftPart(UriPartial.Authority),
            ["remote"] = new JsonObject { ["path"] = head.Server.AbsolutePath },
        };
        if (head.Authorization is { } server)
        {
            document["oauth"] = OAuth(server);
        }
        else
        {
            document["auth"] = new JsonObject { ["type"] = "none" };
        }

        return YamlText.Of(document);
    }

    private static JsonObject OAuth(RemoteAuthorization server)
    {
        string origin = server.AuthorizationEndpoint.GetLeftPart(UriPartial.Authority);
        string At(Uri endpoint) =>
            endpoint.GetLeftPart(UriPartial.Authority) == origin
                ? endpoint.AbsolutePath
                : endpoint.GetLeftPart(UriPartial.Path);
        JsonObject oauth = new()
        {
            ["origin"] = origin,
            ["authorize_path"] = At(server.AuthorizationEndpoint),
            ["token_path"] = At(server.TokenEndpoint),
        };
        if (server.RegistrationEndpoint is { } registration)
        {
            oauth["registration_path"] = At(registration);
        }

        if (server.RevocationEndpoint is { } revocation)
        {
            oauth["revoke_path"] = At(revocation);
        }

        if (server.TakesClientMetadata)
        {
            oauth["client_id_metadata"] = true;
        }

        oauth["client_authentication"] = server.ClientAuthentication;
        oauth["issuer"] = server.Issuer;
        if (!server.NamesItself)
        {
            oauth["issuer_optional"] = true;
        }

        // Public clients' refresh tokens rotate (OAuth 2.1 §4.3.1); for others it is the safe assumption.
        oauth["rotation"] = "rotating";
        oauth["has_scopes"] = false;
        if (server.Scopes.Count > 0)
        {
            oauth["default_scopes"] = new JsonArray([.. server.Scopes.Select(scope => (JsonNode)scope)]);
        }

        oauth["authorize_parameters"] = new JsonObject { ["resource"] = server.Resource };
        oauth["tokens"] = new JsonObject { ["parameters"] = new JsonObject { ["resource"] = server.Resource } };
        return oauth;
    }

    private static JsonObject Tool(RemoteTool tool, string name)
    {
        string title = Words.Line(Text(tool.Listed["title"]) ?? tool.Name, 100);
        string description = Words.Line(Text(tool.Listed["description"]) ?? "", 1400);
        JsonObject input = [];
        JsonNode? arguments = Arguments(tool, input);
        (bool isRead, string[] hints) = HintsOf(tool);
        if (hints.Contains("destructive"))
        {
            input["confirm"] = ToolWriter.Confirm();
        }

        JsonObject step = new() { ["mcp"] = tool.Name, ["pin"] = tool.Pin };
        if (arguments is not null)
        {
            step["arguments"] = arguments;
        }

        if (isRead)
        {
            step["writes"] = false;
        }

        if (ParameterHeaders.Of(tool.Listed["inputSchema"]) is { Count: > 0 } headers)
        {
            step["headers"] = headers;
        }

        step["save"] = "answer";
        return new JsonObject
        {
            ["name"] = name,
            ["title"] = title,
            ["category"] = "remote",
            ["description"] = description.Length >= 10 ? description : $"{title}: a tool of the server.",
            ["hints"] = new JsonArray([.. hints.Select(hint => (JsonNode)hint)]),
            ["input"] = input,
            ["steps"] = new JsonArray(step),
            ["result"] = "=vars.answer",
        };
    }

    /// <summary>The server's own words, as MCP defines what is meant where it says nothing: not read-only, destructive.</summary>
    private static (bool IsRead, string[] Hints) HintsOf(RemoteTool tool)
    {
        JsonObject? annotations = tool.Listed["annotations"] as JsonObject;
        if (Flag(annotations, "readOnlyHint") == true)
        {
            return (true, ["read_only"]);
        }

        List<string> hints = [];
        if (Flag(annotations, "destructiveHint") != false)
        {
            hints.Add("destructive");
        }

        if (Flag(annotations, "idempotentHint") == true)
        {
            hints.Add("idempotent");
        }

        return (false, [.. hints]);
    }

    /// <returns>The tree of arguments; null: it takes none.</returns>
    private static JsonNode? Arguments(RemoteTool tool, JsonObject input)
    {
        if (tool.Listed["inputSchema"] is not JsonObject schema)
        {
            return null;
        }

        using JsonDocument parsed = JsonDocument.Parse(schema.ToJsonString());
        JsonElement root = parsed.RootElement.Clone();
        ArgumentReader reader = new(ApiDocument.OfSchema(root));
        Draft draft = new(reader);
        JsonObject tree = [];
        foreach ((string member, JsonElement value, bool isRequired) in reader.Members(root) ?? [])
        {
            try
            {
                Argument argument = draft.Of(
                    new ApiParameter
                    {
                        Name = member,
                        Place = ParameterPlace.Form,
                        Schema = value,
                    },
                    out string own
                );
                if (member.StartsWith('$') || !reader.HasRoom(isRequired))
                {
                    throw new NotRepresentable($"the argument '{Words.Line(member, 40)}' cannot be sent");
                }

                draft.Put(own, argument, isRequired);
                tree[member] = argument.Tree;
            }
            catch (NotRepresentable) when (!isRequired)
            {
                reader.LeaveOut();
            }
        }

        foreach ((string key, JsonNode? value) in draft.Input)
        {
            input[key] = value?.DeepClone();
        }

        return tree.Count > 0 ? tree : null;
    }

    private static JsonObject Refresh() =>
        new()
        {
            ["name"] = "refresh_tools",
            ["title"] = "Look for changed tools",
            ["category"] = "remote",
            ["description"] =
                "Reads what the server offers now; what differs waits to be accepted. For whoever manages it.",
            ["hints"] = new JsonArray("read_only"),
            ["default"] = false,
            ["steps"] = new JsonArray(new JsonObject { ["mcp_list"] = true, ["save"] = "answer" }),
            ["result"] = "=vars.answer",
        };

    private static void Check(string head, JsonObject tool)
    {
        try
        {
            DefinitionReader.Read(head + YamlText.Of(new JsonObject { ["tools"] = new JsonArray(tool.DeepClone()) }));
        }
        catch (DefinitionFault fault)
        {
            throw new NotRepresentable($"the connector format refuses it: {Words.Line(fault.Message, 200)}");
        }
    }

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static bool? Flag(JsonObject? annotations, string name) =>
        annotations?[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;
}
