using Behalf.Audit;

namespace Behalf.Identity;

/// <summary>Mints sessions bound to one identifier, and ends them with the user's epoch.</summary>
internal sealed class UserSessions(
    IUserSessionStore sessions,
    IEndUserStore users,
    IApiClientStore clients,
    IEnvironmentStore environments,
    TokenIssuer issuer,
    TimeProvider time
)
{
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan MinLifetime = TimeSpan.FromSeconds(1);

    public async Task<Result<MintedSession>> CreateAsync(
        Principal principal,
        Identifier identifier,
        CredentialLimits limits,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        if (
            principal is not { Kind: PrincipalKind.ServiceClient, Environment: { } environmentId, Client: { } clientId }
        )
        {
            return Problem.Forbidden("service_credential_needed", "Only a service credential mints user sessions.");
        }

        if (lifetime < MinLifetime || lifetime > MaxLifetime)
        {
            return Problem.Invalid("ttl", "range", "a session lives from one second to fifteen minutes");
        }

        DeploymentEnvironment? environment = await environments.FindAsync(environmentId, cancellationToken);
        ApiClient? client = await clients.FindAsync(environmentId, clientId, cancellationToken);
        if (environment is null || client is not { Enabled: true })
        {
            return new Problem(ProblemKind.Unauthenticated, "invalid_token", "The client was removed.");
        }

        UserEpoch epoch = await users.EnsureAsync(environmentId, identifier, cancellationToken);
        UserSessionId id = EntityId.New<UserSessionId>(time);
        CredentialPair pair = CredentialPair.ForSession(id);
        // Whole seconds, so that the token (which has no finer times) and the pair end together.
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds((now + lifetime).ToUnixTimeSeconds());
        UserSession session = new()
        {
            Environment = environmentId,
            Id = id,
            ClientId = pair.ClientId,
            SecretDigest = pair.Digest,
            Client = clientId,
            Identifier = identifier,
            Epoch = epoch,
            Limits = limits.Narrow(principal.Limits),
            ExpiresAt = end,
        };
        await sessions.AddAsync(session, Traces.Of(Record(principal, session)), cancellationToken);
        IssuedToken token = issuer.Issue(Callers.ContentOf(session, client), environment, now, end);
        return new MintedSession(id, identifier, token.AccessToken, pair.ClientId, pair.Secret, end);
    }

    public async Task<Result<Done>> SignOutAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    )
    {
        if (principal.IsBoundToUser)
        {
            return Problem.Forbidden("service_credential_needed", "A user session cannot sign users out.");
        }

        if (principal.Environment is { } own && own != environment)
        {
            return Problem.NotFound("user");
        }

        AuditDraft record = new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = "user.signed_out",
            Identifier = identifier.Value,
            Principal = principal.ClientId,
            Outcome = CallOutcomes.Success,
        };
        bool known = await users.BumpEpochAsync(environment, identifier, Traces.Of(record), cancellationToken);
        return known ? Done.Value : Problem.NotFound("user");
    }

    private static AuditDraft Record(Principal principal, UserSession session) =>
        new()
        {
            Environment = session.Environment,
            Kind = AuditKind.Admin,
            Action = "session.created",
            Identifier = session.Identifier.Value,
            Principal = principal.ClientId,
            Outcome = CallOutcomes.Success,
            Detail = $"{session.ClientId} until {session.ExpiresAt:u}",
        };
}
