using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Behalf.TestAuthorizationServer;

/// <summary>What users granted, and the tokens that stand for it. All members lock: the server is concurrent.</summary>
internal sealed class Grants(TimeProvider time)
{
    private readonly Lock _lock = new();

    /// <value>Every code and token that was ever given.</value>
    public ConcurrentQueue<string> Issued { get; } = new();

    private readonly Dictionary<string, Code> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Access> _access = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Refresh> _refresh = new(StringComparer.Ordinal);

    public string AddCode(ProviderClient client, string user, string redirectUri, string[] scopes, string? challenge)
    {
        lock (_lock)
        {
            string code = NewToken("code");
            _codes[code] = new Code(client, user, redirectUri, scopes, challenge);
            return code;
        }
    }

    /// <summary>Single use; a second use ends what the first one gave (RFC 6749 §4.1.2).</summary>
    public Pair? Exchange(ProviderClient client, string code, string redirectUri, string? verifier)
    {
        lock (_lock)
        {
            if (!_codes.TryGetValue(code, out Code? known) || known.Client != client)
            {
                return null;
            }

            if (known.Grant is { } spent)
            {
                spent.IsLive = false;
                return null;
            }

            if (known.RedirectUri != redirectUri || !Proves(known.Challenge, verifier))
            {
                return null;
            }

            var grant = new Grant(client, known.User, known.Scopes);
            _codes[code] = known with { Grant = grant };
            string? refresh = client.GivesRefreshToken ? AddRefresh(grant) : null;
            return new Pair(grant, AddAccess(grant), refresh);
        }
    }

    /// <summary>A grant that came about elsewhere, without a code.</summary>
    public Pair Give(ProviderClient client, string user, string[] scopes)
    {
        lock (_lock)
        {
            var grant = new Grant(client, user, scopes);
            return new Pair(grant, AddAccess(grant), AddRefresh(grant));
        }
    }

    public Pair? Renew(ProviderClient client, string refreshToken)
    {
        lock (_lock)
        {
            if (
                !_refresh.TryGetValue(refreshToken, out Refresh? known)
                || known.Grant.Client != client
                || !known.Grant.IsLive
            )
            {
                return null;
            }

            if (known.SupersededAt is { } at)
            {
                bool isWithinGrace = client.Rotation == Rotation.Grace && time.GetUtcNow() - at <= client.Grace;
                if (!isWithinGrace)
                {
                    known.Grant.IsLive = false; // reuse: someone else has the token
                    return null;
                }
            }

            string? next = client.RepeatsRefreshToken ? refreshToken : null;
            if (client.Rotation != Rotation.None)
            {
                known.SupersededAt ??= time.GetUtcNow();
                next = AddRefresh(known.Grant);
            }

            return new Pair(known.Grant, AddAccess(known.Grant), next);
        }
    }

    public Grant? FindAccess(string token)
    {
        lock (_lock)
        {
            return
                _access.TryGetValue(token, out Access? access)
                && access.ExpiresAt > time.GetUtcNow()
                && access.Grant.IsLive
                ? access.Grant
                : null;
        }
    }

    public void EndAccess(string user)
    {
        lock (_lock)
        {
            foreach (string token in _access.Where(a => a.Value.Grant.User == user).Select(a => a.Key).ToList())
            {
                _access.Remove(token);
            }
        }
    }

    /// <returns>Whose grant it was; null for an unknown token.</returns>
    public string? Revoke(ProviderClient client, string token)
    {
        lock (_lock)
        {
            Grant? grant =
                _refresh.TryGetValue(token, out Refresh? refresh) ? refresh.Grant
                : _access.TryGetValue(token, out Access? access) ? access.Grant
                : null;
            if (grant is null || grant.Client != client)
            {
                return null;
            }

            grant.IsLive = false;
            if (client.RevokesWholeUser)
            {
                foreach (Refresh other in _refresh.Values.Where(r => r.Grant.User == grant.User))
                {
                    other.Grant.IsLive = false;
                }
            }

            return grant.User;
        }
    }

    public int CountLive(string user)
    {
        lock (_lock)
        {
            return _access
                .Values.Select(a => a.Grant)
                .Concat(_refresh.Values.Select(r => r.Grant))
                .Distinct()
                .Count(grant => grant.User == user && grant.IsLive);
        }
    }

    private string AddAccess(Grant grant)
    {
        string token = NewToken("at");
        _access[token] = new Access(grant, time.GetUtcNow() + grant.Client.AccessLifetime);
        return token;
    }

    private string AddRefresh(Grant grant)
    {
        string token = NewToken("rt");
        _refresh[token] = new Refresh(grant);
        return token;
    }

    private static bool Proves(string? challenge, string? verifier) =>
        challenge is null
            ? verifier is null
            : verifier is not null
                && Base64Url.EncodeToString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier)))
                    == challenge;

    private string NewToken(string kind)
    {
        string token = $"{kind}-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24))}";
        Issued.Enqueue(token);
        return token;
    }

    private sealed record Code(
        ProviderClient Client,
        string User,
        string RedirectUri,
        string[] Scopes,
        string? Challenge,
        Grant? Grant = null
    );

    private sealed record Access(Grant Grant, DateTimeOffset ExpiresAt);

    private sealed class Refresh(Grant grant)
    {
        public Grant Grant => grant;

        public DateTimeOffset? SupersededAt { get; set; }
    }
}

internal sealed class Grant(ProviderClient client, string user, string[] scopes)
{
    public ProviderClient Client => client;

    public string User => user;

    public string[] Scopes => scopes;

    public bool IsLive { get; set; } = true;
}

internal sealed record Pair(Grant Grant, string AccessToken, string? RefreshToken);
