using System.Text.Json.Nodes;
using Behalf.Connectors;

namespace Behalf.Authorization;

/// <summary>What an OAuth client of ours says about itself (RFC 7591 §2): where it registers, and in the document that is its id.</summary>
public static class ClientDocument
{
    public static JsonObject Describe(Uri redirect, string authentication)
    {
        ArgumentNullException.ThrowIfNull(redirect);
        return new JsonObject
        {
            ["client_name"] = "Behalf",
            ["redirect_uris"] = new JsonArray(redirect.AbsoluteUri),
            ["grant_types"] = new JsonArray("authorization_code", "refresh_token"),
            ["response_types"] = new JsonArray("code"),
            ["token_endpoint_auth_method"] = authentication,
            ["application_type"] = "web",
        };
    }

    public static string NameOf(ClientAuthentication authentication) =>
        authentication switch
        {
            ClientAuthentication.SecretBasic => "client_secret_basic",
            ClientAuthentication.SecretPost => "client_secret_post",
            _ => "none",
        };
}
