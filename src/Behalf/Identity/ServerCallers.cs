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
            tokens.Open(text, TokenClaims.ServerType) is not { } token
            || Value<string>(token, TokenClaims.Kind) != TokenClaims.ServerKind
            || !EntityId.TryParse(Value<string>(token, TokenClaims.Environment), out EnvironmentId environmentId)
            || await environments.FindAsync(environmentId, cancellationToken) is not { } environment
            || !await tokens.HoldsAsync(
                token,
                TokenClaims.ServerType,
                issuers.Of(environment),
                urlIn(environment).ToString()
            )
        )
        {
            return WrongToken;
        }

        ApiClient? client = await clients.FindByClientIdAsync(
            Value<string>(token, TokenClaims.ClientId) ?? string.Empty,
            cancellationToken
        );
        if (
            client is not { Enabled: true }
            || client.Environment != environmentId
            || client.Epoch != Value<long>(token, TokenClaims.ClientEpoch)
            || !Identifier.TryParse(token.Subject, out Identifier identifier, out _)
        )
        {
            return WrongToken;
        }

        UserEpoch epoch = new(Value<long>(token, TokenClaims.Incarnation), Value<long>(token, TokenClaims.UserEpoch));
        return await users.FindAsync(environmentId, identifier, cancellationToken) == epoch
            ? new ServerCaller(
                PrincipalOf(client, identifier, epoch, IsReadOnly(token)),
                EntityId.TryParse(Value<string>(token, TokenClaims.ServerConfig), out McpConfigId config)
                    ? config
                    : null,
                EntityId.TryParse(Value<string>(token, TokenClaims.ServerConnection), out ConnectionId connection)
                    ? connection
                    : null
            )
            : WrongToken;
    }

    private static Principal PrincipalOf(ApiClient client, Identifier identifier, UserEpoch epoch, bool readOnly) =>
        new()
        {
            Kind = PrincipalKind.McpSession,
            Environment = client.Environment,
            ClientId = client.ClientId,
            DisplayName = client.Name,
            Client = client.Id,
            ClientEpoch = client.Epoch,
            Subject = identifier,
            SubjectEpoch = epoch,
            Limits = client.Limits.Narrow(CredentialLimits.None with { ReadOnly = readOnly }),
        };

    /// <summary>Anything but full access is the narrower one.</summary>
    private static bool IsReadOnly(JsonWebToken token) =>
        Value<string>(token, TokenClaims.AccessLevel) != TokenClaims.FullAccess;

    private static T? Value<T>(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue(claim, out T? value) ? value : default;
}
