namespace Behalf.Identity;

/// <summary>
/// From credential to token and from token to principal. The database is read at every call, so what ended there ends
/// here at once. Safe to call concurrently.
/// </summary>
internal sealed class Callers(
    CredentialCheck check,
    GuessThrottle throttle,
    TokenIssuer issuer,
    TokenReader reader,
    IEnvironmentStore environments,
    IApiClientStore clients,
    IUserSessionStore sessions,
    IEndUserStore users,
    IOperatorCredentialStore operators,
    TimeProvider time
)
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private static readonly Problem WrongCredential = new(
        ProblemKind.Unauthenticated,
        "invalid_client",
        "The client id or secret is wrong, expired or disabled."
    );

    private static readonly Problem WrongToken = new(
        ProblemKind.Unauthenticated,
        "invalid_token",
        "The access token is missing, expired or not valid here. Get a new one from /oauth/token."
    );

    public async Task<Result<IssuedToken>> IssueAsync(
        string clientId,
        string clientSecret,
        string source,
        CancellationToken cancellationToken
    )
    {
        if (throttle.Refuses(source, clientId) is { } wait)
        {
            return TooManyGuesses(wait);
        }

        CheckedCredential? credential = await check.CheckAsync(clientId, clientSecret, cancellationToken);
        if (credential is null)
        {
            return throttle.Failed(source, clientId) is { } later ? TooManyGuesses(later) : WrongCredential;
        }

        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end = now + TokenLifetime;
        return credential switch
        {
            CheckedCredential.OfClient(var client) => issuer.Issue(
                ContentOf(client),
                await EnvironmentAsync(client.Environment, cancellationToken),
                now,
                end
            ),
            CheckedCredential.OfSession(var session, var client) => issuer.Issue(
                ContentOf(session, client),
                await EnvironmentAsync(session.Environment, cancellationToken),
                now,
                session.ExpiresAt < end ? session.ExpiresAt : end
            ),
            CheckedCredential.OfOperator(var stored) => issuer.Issue(ContentOf(stored), null, now, end),
            _ => throw new InvalidOperationException($"Unknown credential {credential.GetType().Name}."),
        };
    }

    public async Task<Result<Principal>> AuthenticateAsync(
        ReadOnlyMemory<char> accessToken,
        CancellationToken cancellationToken
    )
    {
        TokenContent? content = await reader.ReadAsync(accessToken, cancellationToken);
        Principal? principal = content switch
        {
            null => null,
            { Kind: PrincipalKind.Operator } => await OperatorAsync(content, cancellationToken),
            { Kind: PrincipalKind.UserSession } => await SessionAsync(content, cancellationToken),
            _ => await ClientAsync(content, cancellationToken),
        };
        return principal is null ? WrongToken : principal;
    }

    public static TokenContent ContentOf(UserSession session, ApiClient client) =>
        new()
        {
            Kind = PrincipalKind.UserSession,
            Environment = session.Environment,
            ClientId = session.ClientId,
            ClientEpoch = client.Epoch,
            Session = session.Id,
            Identifier = session.Identifier.Value,
            UserEpoch = session.Epoch,
        };

    private static TokenContent ContentOf(ApiClient client) =>
        new()
        {
            Kind = PrincipalKind.ServiceClient,
            Environment = client.Environment,
            ClientId = client.ClientId,
            ClientEpoch = client.Epoch,
        };

    private static TokenContent ContentOf(OperatorCredential credential) =>
        new()
        {
            Kind = PrincipalKind.Operator,
            Environment = null,
            ClientId = credential.ClientId,
            ClientEpoch = credential.Epoch,
        };

    private async Task<Principal?> OperatorAsync(TokenContent content, CancellationToken cancellationToken)
    {
        OperatorCredential? stored = await operators.FindByClientIdAsync(content.ClientId, cancellationToken);
        return stored is not null && stored.Epoch == content.ClientEpoch
            ? new Principal
            {
                Kind = PrincipalKind.Operator,
                Environment = null,
                ClientId = stored.ClientId,
                DisplayName = "operator",
                Client = null,
                ClientEpoch = stored.Epoch,
            }
            : null;
    }

    private async Task<Principal?> ClientAsync(TokenContent content, CancellationToken cancellationToken)
    {
        ApiClient? client = await clients.FindByClientIdAsync(content.ClientId, cancellationToken);
        return
            client is { Enabled: true }
            && client.Environment == content.Environment
            && client.Epoch == content.ClientEpoch
            ? new Principal
            {
                Kind = PrincipalKind.ServiceClient,
                Environment = client.Environment,
                ClientId = client.ClientId,
                DisplayName = client.Name,
                Client = client.Id,
                ClientEpoch = client.Epoch,
                LimitsRevision = client.LimitsRevision,
                Limits = client.Limits,
            }
            : null;
    }

    private async Task<Principal?> SessionAsync(TokenContent content, CancellationToken cancellationToken)
    {
        if (content is not { Environment: { } environment, Session: { } id })
        {
            return null;
        }

        UserSession? session = await sessions.FindAsync(environment, id, cancellationToken);
        if (
            session is null
            || session.ExpiresAt <= time.GetUtcNow()
            || !string.Equals(session.ClientId, content.ClientId, StringComparison.Ordinal)
            || !string.Equals(session.Identifier.Value, content.Identifier, StringComparison.Ordinal)
            || session.Epoch != content.UserEpoch
        )
        {
            return null;
        }

        ApiClient? client = await clients.FindAsync(environment, session.Client, cancellationToken);
        UserEpoch? epoch = await users.FindAsync(environment, session.Identifier, cancellationToken);
        return client is { Enabled: true } && client.Epoch == content.ClientEpoch && epoch == session.Epoch
            ? new Principal
            {
                Kind = PrincipalKind.UserSession,
                Environment = environment,
                ClientId = session.ClientId,
                DisplayName = client.Name,
                Client = client.Id,
                ClientEpoch = client.Epoch,
                LimitsRevision = client.LimitsRevision,
                Session = session.Id,
                Subject = session.Identifier,
                SubjectEpoch = session.Epoch,
                Limits = session.Limits.Narrow(client.Limits),
            }
            : null;
    }

    private async Task<DeploymentEnvironment> EnvironmentAsync(EnvironmentId id, CancellationToken cancellationToken) =>
        await environments.FindAsync(id, cancellationToken)
        ?? throw new InvalidOperationException($"The environment {id} of a stored credential does not exist.");

    private static Problem TooManyGuesses(TimeSpan wait) =>
        new(ProblemKind.RateLimited, "too_many_attempts", "Too many wrong secrets from here. Wait and try again.")
        {
            RetryAfter = wait,
        };
}
