using System.Text.Json.Nodes;
using Behalf.Identity;
using Behalf.Server.Doors;

namespace Behalf.Server.Mcp;

/// <summary>
/// Protected-resource metadata (RFC 9728) of MCP endpoints: the same for every server that could be, so that it reveals
/// none that is.
/// </summary>
internal sealed class ResourceMetadata(IIdentity identity, PublicUrls urls)
{
    public const string WellKnown = "/.well-known/oauth-protected-resource";

    public async Task<string> UrlOfAsync(HttpContext http) =>
        $"{await OriginOfAsync(http)}{WellKnown}{http.Request.Path.Value}";

    public async Task<JsonObject> OfAsync(HttpContext http, string path) =>
        new()
        {
            ["resource"] = $"{await OriginOfAsync(http)}{path}",
            ["bearer_methods_supported"] = new JsonArray("header"),
            ["scopes_supported"] = new JsonArray(McpScopes.Read, McpScopes.Write),
            ["resource_name"] = "Behalf",
        };

    /// <summary>Of the environment whose public URL was asked, else the installation's; never built from the Host itself.</summary>
    private async Task<string> OriginOfAsync(HttpContext http)
    {
        IReadOnlyList<DeploymentEnvironment> environments = await identity.ListEnvironmentsAsync(http.RequestAborted);
        DeploymentEnvironment asked =
            environments.FirstOrDefault(one =>
                one.PublicUrl is { } url
                && new Uri(url).Authority.Equals(http.Request.Host.Value, StringComparison.OrdinalIgnoreCase)
            ) ?? environments.First(one => one.PublicUrl is null);
        return urls.Origin(asked);
    }
}

internal static class ResourceMetadataEndpoints
{
    public static void MapResourceMetadata(this WebApplication app)
    {
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v3/servers/{server:guid}", ShowAsync)
            .WithDisplayName("protected resource metadata");
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v3/connections/{connection:connection_name}", ShowAsync)
            .WithDisplayName("protected resource metadata, of a connection");
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v1/servers/{server:guid}", ShowAsync)
            .WithDisplayName("protected resource metadata, of one user");
    }

    [OpenToAll("A client reads it before it can have a token.")]
    private static async Task ShowAsync(HttpContext http)
    {
        string path = http.Request.Path.Value![ResourceMetadata.WellKnown.Length..];
        JsonObject document = await http.RequestServices.GetRequiredService<ResourceMetadata>().OfAsync(http, path);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(document.ToJsonString(), http.RequestAborted);
    }
}
