using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>
/// Reads an access token strictly: RS256 by one of our keys, exactly our type, issuer and audience, in its time. Header
/// parameters that bring or point to a key (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) or that we do not
/// understand (<c>crit</c>) end it unread; nothing is ever fetched. Safe to call concurrently.
/// </summary>
internal sealed class TokenReader(TokenKeys keys, Issuers issuers, IEnvironmentStore environments, TimeProvider time)
{
    private const int MaxLength = 8 * 1024;

    /// <value>How far clocks of nodes may differ.</value>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private static readonly HashSet<string> KnownHeaders = new(StringComparer.Ordinal) { "alg", "typ", "kid" };

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxLength };

    /// <returns>Null for every token that is not entirely right; callers tell no reason apart.</returns>
    public async Task<TokenContent?> ReadAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Length is 0 or > MaxLength || !_handler.CanReadToken(text))
        {
            return null;
        }

        if (Parse(text) is not { } token || !HasOurHeader(token) || keys.Find(token.Kid) is not { } key)
        {
            return null;
        }

        // What an unverified token says only chooses what it must then prove.
        if (ReadContent(token) is not { } content || await IssuerAsync(content, cancellationToken) is not { } issuer)
        {
            return null;
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
                ValidTypes = [TokenClaims.Type],
                ValidIssuer = issuer,
                ValidAudience = issuer,
                IgnoreTrailingSlashWhenValidatingAudience = false,
                IssuerSigningKey = key,
                TryAllIssuerSigningKeys = false,
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                LifetimeValidator = (from, until, _, _) => IsInTime(from, until),
            }
        );
        return result.IsValid && token.Audiences.Count() == 1 ? content : null;
    }

    private async Task<string?> IssuerAsync(TokenContent content, CancellationToken cancellationToken)
    {
        if (content.Environment is not { } id)
        {
            return issuers.Installation;
        }

        return await environments.FindAsync(id, cancellationToken) is { } environment ? issuers.Of(environment) : null;
    }

    private JsonWebToken? Parse(string text)
    {
        try
        {
            return _handler.ReadJsonWebToken(text);
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            return null; // not a token at all
        }
    }

    private static bool HasOurHeader(JsonWebToken token)
    {
        using JsonDocument header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedHeader));
        string[] names = [.. header.RootElement.EnumerateObject().Select(parameter => parameter.Name)];
        return names.All(KnownHeaders.Contains)
            && names.Distinct(StringComparer.Ordinal).Count() == names.Length // RFC 7515 §4: a name comes once
            && string.Equals(token.Alg, SecurityAlgorithms.RsaSha256, StringComparison.Ordinal)
            && string.Equals(token.Typ, TokenClaims.Type, StringComparison.Ordinal);
    }

    private bool IsInTime(DateTime? from, DateTime? until)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return now < until && (from is null || from <= now + Skew);
    }

    private static TokenContent? ReadContent(JsonWebToken token)
    {
        if (
            !token.TryGetPayloadValue(TokenClaims.Kind, out string? kind)
            || !token.TryGetPayloadValue(TokenClaims.ClientId, out string? clientId)
            || !token.TryGetPayloadValue(TokenClaims.ClientEpoch, out long clientEpoch)
            || kind is null
            || clientId is null
        )
        {
            return null;
        }

        if (kind == TokenClaims.OperatorKind)
        {
            return new TokenContent
            {
                Kind = PrincipalKind.Operator,
                Environment = null,
                ClientId = clientId,
                ClientEpoch = clientEpoch,
            };
        }

        if (
            !token.TryGetPayloadValue(TokenClaims.Environment, out string? environmentText)
            || !EntityId.TryParse(environmentText, out EnvironmentId environment)
        )
        {
            return null;
        }

        return kind switch
        {
            TokenClaims.ServiceKind => new TokenContent
            {
                Kind = PrincipalKind.ServiceClient,
                Environment = environment,
                ClientId = clientId,
                ClientEpoch = clientEpoch,
            },
            TokenClaims.SessionKind
                when token.TryGetPayloadValue(TokenClaims.Session, out string? sessionText)
                    && EntityId.TryParse(sessionText, out UserSessionId session)
                    && token.TryGetPayloadValue(TokenClaims.Incarnation, out long incarnation)
                    && token.TryGetPayloadValue(TokenClaims.UserEpoch, out long epoch) => new TokenContent
            {
                Kind = PrincipalKind.UserSession,
                Environment = environment,
                ClientId = clientId,
                ClientEpoch = clientEpoch,
                Session = session,
                Identifier = token.Subject,
                UserEpoch = new UserEpoch(incarnation, epoch),
            },
            _ => null,
        };
    }
}
