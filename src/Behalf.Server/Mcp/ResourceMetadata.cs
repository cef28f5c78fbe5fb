using System.Text.Json.Nodes;
using Behalf.Identity;
using Behalf.Server.AuthorizationServer;
using Behalf.Server.Doors;

namespace Behalf.Server.Mcp;

/// <summary>
/// Protected-resource metadata (RFC 9728) of MCP endpoints: the same for every server that could be, so that it reveals
/// none that is.
/// </summary>
internal sealed class ResourceMetadata(AskedEnvironments environments, PublicUrls urls)
{
    public const string WellKnown = "/.well-known/oauth-protected-resource";

    public async Task<string> UrlOfAsync(HttpContext http) =>
        $"{await OriginOfAsync(http)}{WellKnown}{http.Request.Path.Value}";

    public async Task<JsonObject> OfAsync(HttpContext http, string path)
    {
        DeploymentEnvironment environment = await environments.OfAsync(http);
        string resource = urls.Origin(environment) + path;
        JsonObject document = new()
        {
            ["resource"] = resource,
            ["bearer_methods_supported"] = new JsonArray("header"),
            ["scopes_supported"] = new JsonArray(McpScopes.Read, McpScopes.Write),
            ["resource_name"] = "Behalf",
        };
        if (resource == urls.PersonalServer(environment))
        {
            // Tokens of the other endpoints come from the application, not from a sign-in.
            document["authorization_servers"] = new JsonArray(urls.AuthorizationServer(environment));
        }

        return document;
    }

    private async Task<string> OriginOfAsync(HttpContext http) => urls.Origin(await environments.OfAsync(http));
}

internal static class ResourceMetadataEndpoints
{
    private const string Personal = "/mcp";

    public static void MapResourceMetadata(this WebApplication app)
    {
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v3/servers/{server:guid}", ShowAsync)
            .WithDisplayName("protected resource metadata");
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v3/connections/{connection:connection_name}", ShowAsync)
            .WithDisplayName("protected resource metadata, of a connection");
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v2/servers/{instance:guid}", ShowAsync)
            .WithDisplayName("protected resource metadata, of an instance");
        app.MapGet(ResourceMetadata.WellKnown + "/mcp/v1/servers/{server:guid}", ShowAsync)
            .WithDisplayName("protected resource metadata, of one user");
        app.MapGet(ResourceMetadata.WellKnown + Personal, ShowAsync)
            .WithDisplayName("protected resource metadata, of whoever signs in");
        app.MapGet(ResourceMetadata.WellKnown, ShowAsync).WithDisplayName("protected resource metadata, at the root");
    }

    [OpenToAll("A client reads it before it can have a token.")]
    private static async Task ShowAsync(HttpContext http)
    {
        string named = http.Request.Path.Value![ResourceMetadata.WellKnown.Length..];
        string path = named.Length == 0 ? Personal : named;
        JsonObject document = await http.RequestServices.GetRequiredService<ResourceMetadata>().OfAsync(http, path);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(document.ToJsonString(), http.RequestAborted);
    }
}
