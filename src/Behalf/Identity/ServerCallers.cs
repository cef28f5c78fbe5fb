using Microsoft.IdentityModel.JsonWebTokens;

namespace Behalf.Identity;

/// <summary>
/// From a token for one virtual MCP server to the caller at it. Client and user are read at every call, so what ended
/// there ends here at once. Safe to call concurrently.
/// </summary>
internal sealed class ServerCallers(
    SignedTokens tokens,
    Issuers issuers,
    IEnvironmentStore environments,
    IApiClientStore clients,
    IEndUserStore users
)
{
    private static readonly Problem WrongToken = new(
        ProblemKind.Unauthenticated,
        "invalid_token",
        "The token is missing, expired or not for this server. Ask the application for a new one."
    );

    public async Task<Result<ServerCaller>> AuthenticateAsync(
        string text,
        Func<DeploymentEnvironment, Uri> urlIn,
        CancellationToken cancellationToken
    )
    {
        // What an unverified token says only chooses what it must then prove.
        if (
            tokens.Open(text, TokenClaims.ServerType, Read) is not { Content: var content } token
            || await environments.FindAsync(content.Environment, cancellationToken) is not { } environment
            || !await tokens.HoldsAsync(token, issuers.Of(environment), urlIn(environment).ToString())
            || await clients.FindByClientIdAsync(content.ClientId, cancellationToken) is not { Enabled: true } client
            || client.Environment != content.Environment
            || client.Epoch != content.ClientEpoch
            || await users.FindAsync(content.Environment, content.Identifier, cancellationToken) != content.Epoch
        )
        {
            return WrongToken;
        }

        return new ServerCaller(PrincipalOf(client, content), content.Config, content.Connection);
    }

    private static Content? Read(JsonWebToken token) =>
        Value<string>(token, TokenClaims.Kind) == TokenClaims.ServerKind
        && EntityId.TryParse(Value<string>(token, TokenClaims.Environment), out EnvironmentId environment)
        && Identifier.TryParse(token.Subject, out Identifier identifier, out _)
            ? new Content(
                environment,
                Value<string>(token, TokenClaims.ClientId) ?? string.Empty,
                Value<long>(token, TokenClaims.ClientEpoch),
                identifier,
                new UserEpoch(Value<long>(token, TokenClaims.Incarnation), Value<long>(token, TokenClaims.UserEpoch)),
                IsReadOnly(token),
                EntityId.TryParse(Value<string>(token, TokenClaims.ServerConfig), out McpConfigId config)
                    ? config
                    : null,
                EntityId.TryParse(Value<string>(token, TokenClaims.ServerConnection), out ConnectionId connection)
                    ? connection
                    : null
            )
            : null;

    private static Principal PrincipalOf(ApiClient client, Content content) =>
        new()
        {
            Kind = PrincipalKind.McpSession,
            Environment = client.Environment,
            ClientId = client.ClientId,
            DisplayName = client.Name,
            Client = client.Id,
            ClientEpoch = client.Epoch,
            Subject = content.Identifier,
            SubjectEpoch = content.Epoch,
            Limits = client.Limits.Narrow(CredentialLimits.None with { ReadOnly = content.ReadOnly }),
        };

    /// <summary>Anything but full access is the narrower one.</summary>
    private static bool IsReadOnly(JsonWebToken token) =>
        Value<string>(token, TokenClaims.AccessLevel) != TokenClaims.FullAccess;

    private static T? Value<T>(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue(claim, out T? value) ? value : default;

    private sealed record Content(
        EnvironmentId Environment,
        string ClientId,
        long ClientEpoch,
        Identifier Identifier,
        UserEpoch Epoch,
        bool ReadOnly,
        McpConfigId? Config,
        ConnectionId? Connection
    );
}
