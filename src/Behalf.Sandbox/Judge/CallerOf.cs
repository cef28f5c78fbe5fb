using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Judge;

/// <param name="Token">Of a request to the API; null for others.</param>
internal sealed record Caller(User User, string? ClientId, AccessToken? Token = null);

/// <summary>Whose request this is, as far as can be told before it is carried out; for the log and for fault rules.</summary>
internal sealed class CallerOf(ObjectStore store, TokenStore tokens)
{
    public async Task<Caller?> FindAsync(HttpContext http)
    {
        var authorization = http.Request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            lock (store.Gate)
            {
                var token = tokens.FindAccess(authorization["Bearer ".Length..].Trim());
                return token is null ? null : new Caller(token.User, token.Grant?.App.ClientId, token);
            }
        }
        if (!http.Request.Path.StartsWithSegments("/-", StringComparison.Ordinal) || !http.Request.HasFormContentType)
        {
            return null;
        }
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        lock (store.Gate)
        {
            return OfForm(form);
        }
    }

    private Caller? OfForm(IFormCollection form)
    {
        if (tokens.FindGrant(form["refresh_token"].ToString()) is { } refreshed)
        {
            return new Caller(refreshed.User, refreshed.App.ClientId);
        }
        if (tokens.FindCode(form["code"].ToString()) is { } code)
        {
            return new Caller(code.User, code.Request.App.ClientId);
        }
        var value = form["token"].ToString();
        if (tokens.FindGrant(value) is { } grant)
        {
            return new Caller(grant.User, grant.App.ClientId);
        }
        return tokens.FindAccess(value) is { } access ? new Caller(access.User, access.Grant?.App.ClientId) : null;
    }
}
