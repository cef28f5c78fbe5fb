using System.Text.Json.Nodes;
using Behalf.Grants;
using Behalf.Identity;
using Behalf.Server.Doors;
using Microsoft.Extensions.Options;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Metadata of the authorization server (RFC 8414), at each place where a client may look for it: with the issuer's path
/// inserted or appended, under both names.
/// </summary>
internal sealed class ServerMetadata(
    AskedEnvironments environments,
    IIdentity identity,
    PublicUrls urls,
    IOptions<BehalfOptions> options
)
{
    public static void Map(WebApplication app)
    {
        ServerMetadata metadata = app.Services.GetRequiredService<ServerMetadata>();
        string[] paths =
        [
            "/.well-known/oauth-authorization-server" + ServerPaths.Root,
            "/.well-known/openid-configuration" + ServerPaths.Root,
            ServerPaths.Root + "/.well-known/oauth-authorization-server",
            ServerPaths.Root + "/.well-known/openid-configuration",
        ];
        foreach (string path in paths)
        {
            app.MapGet(path, metadata.ShowAsync).WithDisplayName("authorization server metadata");
        }

        app.MapGet(ServerPaths.KeySet, metadata.KeysAsync).WithDisplayName("key set of access tokens");
    }

    [OpenToAll("A client reads it before it can have a token.")]
    private async Task ShowAsync(HttpContext http)
    {
        DeploymentEnvironment environment = await environments.OfAsync(http);
        string origin = urls.Origin(environment);
        JsonObject document = new()
        {
            ["issuer"] = urls.AuthorizationServer(environment),
            ["authorization_endpoint"] = origin + ServerPaths.Authorize,
            ["token_endpoint"] = origin + ServerPaths.Token,
            ["pushed_authorization_request_endpoint"] = origin + ServerPaths.PushedRequests,
            ["revocation_endpoint"] = origin + ServerPaths.Revocation,
            ["jwks_uri"] = origin + ServerPaths.KeySet,
            ["scopes_supported"] = new JsonArray([.. GrantScopes.All.Values.Select(scope => (JsonNode)scope)]),
            ["response_types_supported"] = new JsonArray("code"),
            ["response_modes_supported"] = new JsonArray("query"),
            ["grant_types_supported"] = new JsonArray("authorization_code", "refresh_token"),
            ["code_challenge_methods_supported"] = new JsonArray("S256"),
            ["token_endpoint_auth_methods_supported"] = AuthenticationMethods(),
            ["revocation_endpoint_auth_methods_supported"] = AuthenticationMethods(),
            ["prompt_values_supported"] = new JsonArray("none", "login", "consent"),
            ["authorization_response_iss_parameter_supported"] = true,
            ["client_id_metadata_document_supported"] = options.Value.McpClients.Documents != DocumentTrust.Off,
            ["require_pushed_authorization_requests"] = false,
            ["protected_resources"] = new JsonArray(urls.PersonalServer(environment)),
        };
        if (options.Value.McpClients.DynamicRegistration)
        {
            document["registration_endpoint"] = origin + ServerPaths.Registration;
        }

        if (http.Request.Path.Value!.Contains("openid", StringComparison.Ordinal))
        {
            // OpenID Connect Discovery §3 requires these of every document of that name; there are no ID tokens.
            document["subject_types_supported"] = new JsonArray("public");
            document["id_token_signing_alg_values_supported"] = new JsonArray("RS256");
        }

        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(document.ToJsonString(), http.RequestAborted);
    }

    [OpenToAll("Public halves of the token-signing keys.")]
    private async Task KeysAsync(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(await identity.PublishKeysAsync(http.RequestAborted), http.RequestAborted);
    }

    private static JsonArray AuthenticationMethods() => new("none", "client_secret_post", "client_secret_basic");
}
