namespace Behalf.Sandbox.OAuth;

/// <summary>Who the user is, in OpenID Connect's words.</summary>
internal sealed class OpenIdEndpoints(ObjectStore store, TokenStore tokens)
{
    public void MapTo(IEndpointRouteBuilder app)
    {
        app.MapGet(ApiRoutes.Base + "/openid_connect/userinfo", UserInfo);
        app.MapGet(ApiRoutes.Base + "/.well-known/openid-configuration", Configuration);
    }

    private async Task UserInfo(HttpContext http)
    {
        JsonObject body;
        try
        {
            lock (store.Gate)
            {
                var token = tokens.Authenticate(http.Request);
                http.Items[typeof(AccessToken)] = token;
                body = Claims(token);
            }
        }
        catch (Refusal refusal)
        {
            await ApiPipeline.RefuseAsync(http, refusal);
            return;
        }
        await http.Response.WriteAsJsonAsync(body, http.RequestAborted);
    }

    private static JsonObject Claims(AccessToken token)
    {
        if (!token.Scopes.Has("openid"))
        {
            throw Refusal.ScopeMissing("This request", ["openid"]);
        }
        var claims = new JsonObject { ["sub"] = token.User.Gid };
        if (token.Scopes.Has("email"))
        {
            claims["email"] = token.User.Email;
            claims["email_verified"] = true;
        }
        if (token.Scopes.Has("profile"))
        {
            claims["name"] = token.User.Name;
        }
        return claims;
    }

    private static IResult Configuration(HttpRequest request)
    {
        var origin = $"{request.Scheme}://{request.Host}";
        return Results.Json(
            new Dictionary<string, object>
            {
                ["issuer"] = $"{origin}{ApiRoutes.Base}",
                ["authorization_endpoint"] = $"{origin}/-/oauth_authorize",
                ["token_endpoint"] = $"{origin}/-/oauth_token",
                ["revocation_endpoint"] = $"{origin}/-/oauth_revoke",
                ["userinfo_endpoint"] = $"{origin}{ApiRoutes.Base}/openid_connect/userinfo",
                ["response_types_supported"] = new[] { "code" },
                ["scopes_supported"] = OperationTable.KnownScopes.Order(StringComparer.Ordinal),
                ["code_challenge_methods_supported"] = new[] { "S256" },
                ["token_endpoint_auth_methods_supported"] = new[] { "client_secret_post" },
            }
        );
    }
}
