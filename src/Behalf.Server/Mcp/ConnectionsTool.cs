using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Authorization;
using Behalf.Mcp;
using Behalf.Server.Api;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary>
/// A tool of the server itself: which accounts the visitor has here, and a link for one that is missing. It needs no
/// account, so there is always something a model can do.
/// </summary>
internal sealed class ConnectionsTool(IMcpServers servers, IAuthorization authorization)
{
    public const string Name = "behalf_connections";
    private const string Connect = "connect";

    private static readonly JsonElement Schema = JsonDocument
        .Parse(
            """
            {"type":"object","additionalProperties":false,"properties":{"connect":{"type":"string","maxLength":100,
            "description":"Name of a connection to get a link for, so that the person can connect or reconnect the account."}}}
            """
        )
        .RootElement;

    public Tool Definition { get; } =
        new()
        {
            Name = Name,
            Title = "Connected accounts",
            Description =
                "Lists which of the person's accounts are connected here. With \"connect\", gives a link at which the person connects one.",
            InputSchema = Schema,
            Annotations = new ToolAnnotations
            {
                Title = "Connected accounts",
                ReadOnlyHint = true,
                DestructiveHint = false,
                OpenWorldHint = false,
            },
        };

    public async Task<CallToolResult> CallAsync(
        McpVisit visit,
        JsonElement arguments,
        CancellationToken cancellationToken
    )
    {
        if (arguments.EnumerateObject().Any(argument => argument.Name != Connect || !IsName(argument.Value)))
        {
            return ToolResults.Failed("Only \"connect\" may be given: the name of a connection.");
        }

        Result<IReadOnlyList<McpConnectionState>> states = await servers.StateAsync(visit, false, cancellationToken);
        if (!states.Succeeded)
        {
            return ToolResults.Of(states.Problem);
        }

        if (!arguments.TryGetProperty(Connect, out JsonElement wanted))
        {
            return ToolResults.Of(
                new JsonObject { ["connections"] = new JsonArray([.. states.Value.Select(JsonNode (s) => ToJson(s))]) }
            );
        }

        return
            states.Value.FirstOrDefault(state => state.Mapping.ConnectionName.Value == wanted.GetString()) is { } meant
            ? await LinkAsync(visit, meant, cancellationToken)
            : ToolResults.Failed(
                $"There is no such connection here. There are: {string.Join(", ", states.Value.Select(s => s.Mapping.ConnectionName))}."
            );
    }

    private async Task<CallToolResult> LinkAsync(
        McpVisit visit,
        McpConnectionState state,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationLink> link = await authorization.CreateLinkAsync(
            visit.Subject,
            new LinkRequest { Connection = state.Mapping.ConnectionName },
            cancellationToken
        );
        if (!link.Succeeded)
        {
            return ToolResults.Of(link.Problem);
        }

        JsonObject answer = ToJson(state);
        answer["link"] = link.Value.Link.AbsoluteUri;
        answer["link_expires_at"] = link.Value.ExpiresAt.ToString("O");
        return ToolResults.Of(answer);
    }

    private static JsonObject ToJson(McpConnectionState state) =>
        new()
        {
            ["name"] = state.Mapping.ConnectionName.Value,
            ["connector"] = state.Mapping.Connector,
            ["status"] = McpWire.NameOf(state.Account?.State),
        };

    private static bool IsName(JsonElement value) => value.ValueKind == JsonValueKind.String;
}
