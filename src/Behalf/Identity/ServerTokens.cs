using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>
/// Signs tokens for one virtual MCP server. Their type and audience are their own, so that neither the API nor another
/// server takes them.
/// </summary>
internal sealed class ServerTokens(TokenKeys keys, Issuers issuers, IEnvironmentStore environments, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    public async Task<Result<IssuedToken>> IssueAsync(
        ActingSubject subject,
        ServerTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        if (subject.Principal.Kind != PrincipalKind.ServiceClient)
        {
            return Problem.Forbidden("service_credential_needed", "Only a service credential mints session tokens.");
        }

        if (await environments.FindAsync(subject.Environment, cancellationToken) is not { } environment)
        {
            return Problem.NotFound("environment");
        }

        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());
        string token = _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = TokenClaims.ServerType,
                Issuer = issuers.Of(environment),
                Audience = content.Server.ToString(),
                IssuedAt = now.UtcDateTime,
                NotBefore = now.UtcDateTime,
                Expires = end.UtcDateTime,
                Claims = ClaimsOf(subject, content, now),
                SigningCredentials = keys.Signing(),
            }
        );
        return new IssuedToken(Secret.FromText(token), now, end);
    }

    private static Dictionary<string, object> ClaimsOf(
        ActingSubject subject,
        ServerTokenContent content,
        DateTimeOffset now
    )
    {
        Dictionary<string, object> claims = new(StringComparer.Ordinal)
        {
            [JwtRegisteredClaimNames.Sub] = subject.Identifier.Value,
            [JwtRegisteredClaimNames.Jti] = Guid.CreateVersion7(now).ToString("N"),
            [TokenClaims.Kind] = TokenClaims.ServerKind,
            [TokenClaims.ClientId] = subject.Principal.ClientId,
            [TokenClaims.ClientEpoch] = subject.Principal.ClientEpoch,
            [TokenClaims.Environment] = subject.Environment.ToString(),
            [TokenClaims.Incarnation] = subject.Epoch.Incarnation,
            [TokenClaims.UserEpoch] = subject.Epoch.Epoch,
            [TokenClaims.Accounts] = content.Accounts.Select(account => account.ToString()).ToArray(),
            [TokenClaims.AccessLevel] = content.ReadOnly ? TokenClaims.ReadOnlyAccess : TokenClaims.FullAccess,
        };
        if (content.Config is { } config)
        {
            claims[TokenClaims.ServerConfig] = config.ToString();
        }

        if (content.Connection is { } connection)
        {
            claims[TokenClaims.ServerConnection] = connection.ToString();
        }

        return claims;
    }
}
