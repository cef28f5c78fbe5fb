using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>
/// Access tokens of people's grants (RFC 9068): issued by the authorization server for people, for exactly one resource.
/// The API's issuer is another one, so neither takes the other's. Safe to call concurrently.
/// </summary>
internal sealed class GrantCallers(
    SignedTokens tokens,
    TokenKeys keys,
    PublicUrls urls,
    IEnvironmentStore environments,
    IEndUserStore users,
    TimeProvider time
)
{
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    private static readonly Problem WrongToken = new(
        ProblemKind.Unauthenticated,
        "invalid_token",
        "The token is missing, expired or not for this server. Sign in again."
    );

    public async Task<Result<IssuedToken>> IssueAsync(
        GrantTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        if (await environments.FindAsync(content.Environment, cancellationToken) is not { } environment)
        {
            return Problem.NotFound("environment");
        }

        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        DateTimeOffset end = now + lifetime;
        string token = _handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = TokenClaims.Type,
                Issuer = urls.AuthorizationServer(environment),
                Audience = content.Resource,
                IssuedAt = now.UtcDateTime,
                NotBefore = now.UtcDateTime,
                Expires = end.UtcDateTime,
                Claims = new Dictionary<string, object>(StringComparer.Ordinal)
                {
                    [JwtRegisteredClaimNames.Sub] = content.Identifier.Value,
                    [JwtRegisteredClaimNames.Jti] = Guid.CreateVersion7(now).ToString("N"),
                    [TokenClaims.ClientId] = content.ClientId,
                    [TokenClaims.Scope] = content.Scopes.ToString(),
                    [TokenClaims.Kind] = TokenClaims.GrantKind,
                    [TokenClaims.Environment] = content.Environment.ToString(),
                    [TokenClaims.Grant] = content.Grant.ToString(),
                    [TokenClaims.Incarnation] = content.Epoch.Incarnation,
                    [TokenClaims.UserEpoch] = content.Epoch.Epoch,
                },
                SigningCredentials = keys.Signing(),
            }
        );
        return new IssuedToken(Secret.FromText(token), now, end);
    }

    public async Task<Result<GrantCaller>> AuthenticateAsync(
        string text,
        Func<DeploymentEnvironment, string> resourceIn,
        CancellationToken cancellationToken
    )
    {
        // What an unverified token says only chooses what it must then prove.
        if (
            tokens.Open(text, TokenClaims.Type, Read) is not { Content: var content } token
            || await environments.FindAsync(content.Environment, cancellationToken) is not { } environment
            || !await tokens.HoldsAsync(token, urls.AuthorizationServer(environment), resourceIn(environment))
            || await users.FindAsync(content.Environment, content.Identifier, cancellationToken) != content.Epoch
        )
        {
            return WrongToken;
        }

        return new GrantCaller(
            content.Grant,
            new Principal
            {
                Kind = PrincipalKind.Person,
                Environment = content.Environment,
                ClientId = content.ClientId,
                DisplayName = content.ClientId,
                Client = null,
                ClientEpoch = 0,
                Grant = content.Grant,
                Subject = content.Identifier,
                SubjectEpoch = content.Epoch,
            },
            content.Scopes
        );
    }

    private static Content? Read(JsonWebToken token) =>
        Value<string>(token, TokenClaims.Kind) == TokenClaims.GrantKind
        && EntityId.TryParse(Value<string>(token, TokenClaims.Environment), out EnvironmentId environment)
        && Value<string>(token, TokenClaims.ClientId) is { Length: > 0 } clientId
        && EntityId.TryParse(Value<string>(token, TokenClaims.Grant), out GrantId grant)
        && Identifier.TryParse(token.Subject, out Identifier identifier, out _)
            ? new Content(
                environment,
                clientId,
                grant,
                identifier,
                new UserEpoch(Value<long>(token, TokenClaims.Incarnation), Value<long>(token, TokenClaims.UserEpoch)),
                ScopeSet.Parse(Value<string>(token, TokenClaims.Scope))
            )
            : null;

    private static T? Value<T>(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue(claim, out T? value) ? value : default;

    private sealed record Content(
        EnvironmentId Environment,
        string ClientId,
        GrantId Grant,
        Identifier Identifier,
        UserEpoch Epoch,
        ScopeSet Scopes
    );
}
