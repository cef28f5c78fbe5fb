using System.Buffers.Text;
using System.Security.Cryptography;

namespace Behalf.Sandbox.OAuth;

internal sealed record IssuedTokens(AccessToken Access, Grant Grant, bool ShowRefreshToken);

/// <summary>Codes, grants and tokens. Runs under <c>ObjectStore.Gate</c>.</summary>
internal sealed class TokenStore(ObjectStore store, TimeProvider time, TokenPolicy policy)
{
    private readonly Dictionary<string, AuthorizationCode> _codes = [];
    private readonly Dictionary<string, Grant> _byRefreshToken = [];
    private readonly Dictionary<string, AccessToken> _access = [];

    /// <summary>The caller of an API request, or a refusal with status 401.</summary>
    public AccessToken Authenticate(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (
            header.Count != 1
            || header[0] is not { } value
            || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
        )
        {
            throw Refusal.NotAuthorized();
        }
        var token = FindAccess(value["Bearer ".Length..].Trim()) ?? throw Refusal.NotAuthorized();
        if (!token.User.Active || token.Grant is { IsLive: false })
        {
            throw Refusal.NotAuthorized();
        }
        return token.ExpiresAt <= time.GetUtcNow() ? throw Refusal.Expired() : token;
    }

    public AccessToken? FindAccess(string value) => _access.GetValueOrDefault(value);

    public Grant? FindGrant(string refreshToken) => _byRefreshToken.GetValueOrDefault(refreshToken);

    public AuthorizationCode? FindCode(string value) => _codes.GetValueOrDefault(value);

    /// <summary>Personal access tokens come with the world and live as long as the user.</summary>
    public void AddPersonal(User user) =>
        _access.Add(user.Pat, new AccessToken(user.Pat, user, ScopeSet.Full, null, null));

    public string IssueCode(AuthorizationRequest request, User user)
    {
        var value = NewValue("code");
        var code = new AuthorizationCode
        {
            Request = request,
            User = user,
            ExpiresAt = time.GetUtcNow() + TokenPolicy.CodeLife,
        };
        _codes.Add(value, code);
        return value;
    }

    /// <returns>Null for <c>invalid_grant</c>; any wrong use also burns the code.</returns>
    public IssuedTokens? Redeem(App app, string codeValue, string redirectUri, string? verifier)
    {
        if (!_codes.TryGetValue(codeValue, out var code) || code.Request.App != app)
        {
            return null;
        }
        if (code.IsUsed)
        {
            // RFC 6749 §4.1.2: a code used twice ends what the first use gave.
            if (code.Issued is { } issued)
            {
                issued.IsRevoked = true;
            }
            return null;
        }
        code.IsUsed = true;
        var request = code.Request;
        if (
            code.ExpiresAt <= time.GetUtcNow()
            || request.RedirectUri != redirectUri
            || !request.Accepts(verifier)
            || !code.User.Active
        )
        {
            return null;
        }
        var grant = new Grant
        {
            App = app,
            User = code.User,
            Scopes = request.Scopes,
            RefreshToken = NewValue("refresh"),
        };
        _byRefreshToken.Add(grant.RefreshToken, grant);
        code.Issued = grant;
        return new IssuedTokens(IssueAccess(grant), grant, ShowRefreshToken: true);
    }

    /// <returns>Null for <c>invalid_grant</c>.</returns>
    public IssuedTokens? Refresh(App app, string refreshToken)
    {
        if (FindGrant(refreshToken) is not { IsLive: true } grant || grant.App != app)
        {
            return null;
        }
        if (grant.Replaced.TryGetValue(refreshToken, out var replacedAt))
        {
            if (policy.Rotation != Rotation.Grace || time.GetUtcNow() >= replacedAt + policy.Grace)
            {
                // RFC 9700 §4.14.2: reuse of a rotated refresh token ends the grant.
                grant.IsRevoked = true;
                return null;
            }
            return new IssuedTokens(IssueAccess(grant), grant, ShowRefreshToken: true);
        }
        if (policy.Rotation != Rotation.None)
        {
            grant.Replaced.Add(refreshToken, time.GetUtcNow());
            grant.RefreshToken = NewValue("refresh");
            _byRefreshToken.Add(grant.RefreshToken, grant);
        }
        return new IssuedTokens(IssueAccess(grant), grant, ShowRefreshToken: policy.Rotation != Rotation.None);
    }

    /// <summary>As if the user had removed the app.</summary>
    /// <returns>How many grants ended.</returns>
    public int RevokeAll(User user, App app)
    {
        var grants = _byRefreshToken
            .Values.Where(g => g.User == user && g.App == app && !g.IsRevoked)
            .Distinct()
            .ToList();
        grants.ForEach(g => g.IsRevoked = true);
        return grants.Count;
    }

    /// <summary>Every OAuth access token is expired from now on; refresh tokens stay good.</summary>
    public void ExpireAccessTokens()
    {
        foreach (var token in _access.Values.Where(t => t.Grant is not null).ToList())
        {
            _access[token.Value] = token with { ExpiresAt = time.GetUtcNow() };
        }
    }

    public bool IsExpired(AccessToken token) => token.ExpiresAt <= store.Now;

    public static string NewValue(string kind) =>
        $"practice-{kind}-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    private AccessToken IssueAccess(Grant grant)
    {
        var token = new AccessToken(
            NewValue("access"),
            grant.User,
            grant.Scopes,
            grant,
            time.GetUtcNow() + policy.AccessTokenLife
        );
        _access.Add(token.Value, token);
        return token;
    }
}
