using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>Signs access tokens (RS256, RFC 9068). Safe to call concurrently.</summary>
internal sealed class TokenIssuer(TokenKeys keys, Issuers issuers)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <param name="content">What the token says.</param>
    /// <param name="environment">The environment of a client or session; null for an operator.</param>
    /// <param name="issuedAt">Cut to whole seconds, as the format has them.</param>
    /// <param name="expiresAt">Cut likewise.</param>
    public IssuedToken Issue(
        TokenContent content,
        DeploymentEnvironment? environment,
        DateTimeOffset issuedAt,
        DateTimeOffset expiresAt
    )
    {
        string issuer = environment is null ? issuers.Installation : issuers.Of(environment);
        DateTimeOffset start = DateTimeOffset.FromUnixTimeSeconds(issuedAt.ToUnixTimeSeconds());
        DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds(expiresAt.ToUnixTimeSeconds());
        Dictionary<string, object> claims = new(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = content.Identifier ?? content.ClientId,
            [JwtRegisteredClaimNames.Jti] = Guid.CreateVersion7(issuedAt).ToString("N"),
            [TokenClaims.ClientId] = content.ClientId,
            [TokenClaims.Kind] = content.Kind switch
            {
                PrincipalKind.ServiceClient => TokenClaims.ServiceKind,
                PrincipalKind.UserSession => TokenClaims.SessionKind,
                PrincipalKind.Operator => TokenClaims.OperatorKind,
                _ => throw new InvalidOperationException($"Unknown kind of principal {content.Kind}."),
            },
            [TokenClaims.ClientEpoch] = content.ClientEpoch,
        };
        if (content.Environment is { } id)
        {
            claims[TokenClaims.Environment] = id.ToString();
        }

        if (content is { Session: { } session, UserEpoch: { } epoch })
        {
            claims[TokenClaims.Session] = session.ToString();
            claims[TokenClaims.Incarnation] = epoch.Incarnation;
            claims[TokenClaims.UserEpoch] = epoch.Epoch;
        }

        string token = _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = TokenClaims.Type,
                Issuer = issuer,
                Audience = issuer,
                IssuedAt = start.UtcDateTime,
                NotBefore = start.UtcDateTime,
                Expires = end.UtcDateTime,
                Claims = claims,
                SigningCredentials = keys.Signing(),
            }
        );
        return new IssuedToken(Secret.FromText(token), start, end);
    }
}
