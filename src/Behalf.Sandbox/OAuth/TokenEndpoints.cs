namespace Behalf.Sandbox.OAuth;

/// <summary>The app's part: exchange, refresh, revocation, introspection. Forms only, errors as in RFC 6749 §5.2.</summary>
internal sealed class TokenEndpoints(ObjectStore store, AppRegistry apps, TokenStore tokens, TimeProvider time)
{
    public void MapTo(IEndpointRouteBuilder app)
    {
        app.MapPost("/-/oauth_token", (HttpContext http) => AnswerAsync(http, Exchange));
        app.MapPost("/-/oauth_revoke", (HttpContext http) => AnswerAsync(http, Revoke));
        app.MapPost("/-/token_info", (HttpContext http) => AnswerAsync(http, Introspect));
    }

    private async Task AnswerAsync(HttpContext http, Func<IFormCollection, TokenAnswer> answer)
    {
        TokenAnswer result;
        if (
            http.Request.ContentType?.StartsWith(
                "application/x-www-form-urlencoded",
                StringComparison.OrdinalIgnoreCase
            ) != true
        )
        {
            result = TokenAnswer.Error(400, "invalid_request", "The body must be application/x-www-form-urlencoded.");
        }
        else
        {
            var form = await http.Request.ReadFormAsync(http.RequestAborted);
            lock (store.Gate)
            {
                result = answer(form);
            }
        }
        if (result.User is { } user)
        {
            http.Items[typeof(User)] = user;
        }
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = result.Status;
        http.Response.ContentType = "application/json; charset=UTF-8";
        await http.Response.WriteAsync(result.Body.ToJsonString(), http.RequestAborted);
    }

    private TokenAnswer Exchange(IFormCollection form)
    {
        if (Authenticate(form) is not { } app)
        {
            return TokenAnswer.InvalidClient();
        }
        switch (form["grant_type"].ToString())
        {
            case "authorization_code":
                if (Missing(form, "code", "redirect_uri") is { } missing)
                {
                    return missing;
                }
                var verifier = form["code_verifier"].ToString() is { Length: > 0 } text ? text : null;
                return Issued(tokens.Redeem(app, form["code"].ToString(), form["redirect_uri"].ToString(), verifier));
            case "refresh_token":
                return Missing(form, "refresh_token") ?? Issued(tokens.Refresh(app, form["refresh_token"].ToString()));
            case "":
                return TokenAnswer.Error(400, "invalid_request", "The `grant_type` parameter is required.");
            default:
                return TokenAnswer.Error(400, "unsupported_grant_type", "The grant type is not supported.");
        }
    }

    private TokenAnswer Issued(IssuedTokens? issued)
    {
        if (issued is null)
        {
            return TokenAnswer.Error(
                400,
                "invalid_grant",
                "The grant is not valid: it is unknown, used, expired or revoked."
            );
        }
        var user = issued.Grant.User;
        var lifetime = issued.Access.ExpiresAt!.Value - time.GetUtcNow();
        var body = new JsonObject
        {
            ["access_token"] = issued.Access.Value,
            ["token_type"] = "bearer",
            ["expires_in"] = (long)Math.Round(lifetime.TotalSeconds),
            ["data"] = new JsonObject
            {
                ["id"] = long.Parse(user.Gid),
                ["gid"] = user.Gid,
                ["name"] = user.Name,
                ["email"] = user.Email,
            },
        };
        if (issued.ShowRefreshToken)
        {
            body["refresh_token"] = issued.Grant.RefreshToken;
        }
        return new TokenAnswer(200, body, user);
    }

    private TokenAnswer Revoke(IFormCollection form)
    {
        if (Authenticate(form) is not { } app)
        {
            return TokenAnswer.InvalidClient();
        }
        if (Missing(form, "token") is { } missing)
        {
            return missing;
        }
        var value = form["token"].ToString();
        if (tokens.FindAccess(value) is not null)
        {
            return TokenAnswer.Error(400, "invalid_request", "The `token` must be a refresh token.");
        }
        // Somebody else's token answers like an unknown one.
        if (tokens.FindGrant(value) is { } grant && grant.App == app)
        {
            grant.IsRevoked = true;
            return new TokenAnswer(200, [], grant.User);
        }
        return new TokenAnswer(200, [], null);
    }

    private TokenAnswer Introspect(IFormCollection form)
    {
        if (Missing(form, "token") is { } missing)
        {
            return missing;
        }
        var value = form["token"].ToString();
        if (
            tokens.FindAccess(value) is { } access
            && access.User.Active
            && access.Grant is null or { IsLive: true }
            && !tokens.IsExpired(access)
        )
        {
            return new TokenAnswer(
                200,
                Active(access.Scopes, "bearer", access.Grant?.App, access.ExpiresAt),
                access.User
            );
        }
        if (tokens.FindGrant(value) is { IsLive: true } grant && grant.RefreshToken == value)
        {
            return new TokenAnswer(200, Active(grant.Scopes, "refresh", grant.App, null), grant.User);
        }
        return new TokenAnswer(200, new JsonObject { ["active"] = false }, null);
    }

    private JsonObject Active(ScopeSet scopes, string type, App? app, DateTimeOffset? expiresAt)
    {
        var body = new JsonObject
        {
            ["active"] = true,
            ["scope"] = scopes.ToString(),
            ["token_type"] = type,
        };
        if (expiresAt is { } expiry)
        {
            body["expires_in"] = (long)(expiry - time.GetUtcNow()).TotalSeconds;
            body["exp"] = expiry.ToUnixTimeSeconds();
        }
        if (app is not null)
        {
            body["client_id"] = app.ClientId;
        }
        return body;
    }

    private App? Authenticate(IFormCollection form) =>
        apps.Find(form["client_id"]) is { } app && form["client_secret"].ToString() == app.ClientSecret ? app : null;

    private static TokenAnswer? Missing(IFormCollection form, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (form[name].Count != 1 || string.IsNullOrEmpty(form[name]))
            {
                return TokenAnswer.Error(400, "invalid_request", $"The `{name}` parameter is required, once.");
            }
        }
        return null;
    }
}

/// <param name="User">Whose token it was, for the request log.</param>
internal sealed record TokenAnswer(int Status, JsonObject Body, User? User)
{
    public static TokenAnswer Error(int status, string error, string description) =>
        new(status, new JsonObject { ["error"] = error, ["error_description"] = description }, null);

    public static TokenAnswer InvalidClient() =>
        Error(401, "invalid_client", "The client id or the client secret is not right.");
}
