using System.Net.Http.Headers;
using System.Text.Json;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>People of a stage as visitors at virtual MCP servers of their own.</summary>
internal static class McpVisitors
{
    /// <summary>A user with an account at the tracker and a token for a server of their own.</summary>
    /// <param name="tools">JSON list of what the server offers; empty: all.</param>
    public static async Task<Visitor> VisitorAsync(
        this Stage stage,
        string user,
        string version,
        string tools = "[]",
        string access = "FULL"
    )
    {
        await stage.ConnectAsync(user);
        Reply created = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/mcp/configs",
            stage.Server.ServiceToken,
            $$"""{"name":"endpoint-{{Guid.NewGuid():n}}","connection_tool_mappings":[{"connection_name":"tracker","tools":{{tools}}}]}"""
        );
        created.Status.Should().Be(200, created.Body);
        JsonElement config = created.Json.GetProperty("config");
        string id = config.GetProperty("id").GetString()!;
        Reply token = await stage.AskTokenAsync(user, id, ("behalf-mcp-access-level", access));
        token.Status.Should().Be(200, token.Body);
        return new Visitor(
            stage.Server,
            new Uri(config.GetProperty("mcp_server_url").GetString()!),
            id,
            token.Json.GetProperty("token").GetString(),
            version
        );
    }

    public static async Task<Reply> AskTokenAsync(
        this Stage stage,
        string user,
        string config,
        (string Name, string? Value) header
    )
    {
        using HttpRequestMessage request = new(
            HttpMethod.Post,
            new Uri($"/api/v1/mcp/configs/{config}/tokens", UriKind.Relative)
        );
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", stage.Server.ServiceToken);
        if (header.Value is { } value)
        {
            request.Headers.Add(header.Name, value);
        }

        request.Content = new StringContent(
            JsonSerializer.Serialize(new { identifier = user }),
            new MediaTypeHeaderValue("application/json")
        );
        return await stage.Server.SendAsync(request);
    }

    /// <returns>A token for the server of one connection.</returns>
    public static async Task<string> ConnectionTokenAsync(this Stage stage, string user, string connection = "tracker")
    {
        Reply token = await stage.AskTokenAsync(user, "-", ("behalf-mcp-connection", connection));
        token.Status.Should().Be(200, token.Body);
        return token.Json.GetProperty("token").GetString()!;
    }

    /// <summary>What the visitor's server offers from now on.</summary>
    /// <param name="tools">JSON list; empty: all.</param>
    public static async Task OfferAsync(this Stage stage, Visitor visitor, string tools)
    {
        Reply changed = await stage.Server.SendAsync(
            HttpMethod.Put,
            $"/api/v1/mcp/configs/{visitor.Config}",
            stage.Server.ServiceToken,
            $$"""{"description":"changed","connection_tool_mappings":[{"connection_name":"tracker","tools":{{tools}}}]}"""
        );
        changed.Status.Should().Be(200, changed.Body);
    }

    /// <summary>Ends the user's account for good.</summary>
    public static async Task RevokeAsync(this Stage stage, string user)
    {
        string id = (await stage.AccountAsync(user)).GetProperty("id").GetString()!;
        Reply revoked = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts:delete",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { id })
        );
        revoked.Status.Should().Be(200, revoked.Body);
    }
}
