using Behalf.Identity;

namespace Behalf.People;

/// <summary>Someone who may sign in here: by a password of the local directory, or through the identity provider.</summary>
public sealed record Person
{
    public required EnvironmentId Environment { get; init; }

    /// <value>Also the name to sign in with, and the identifier that tools act for.</value>
    public required Identifier Identifier { get; init; }

    /// <value>The identity provider's issuer; null: of the local directory.</value>
    public string? Issuer { get; init; }

    /// <value>The provider's <c>sub</c>; with the issuer the one key of a federated person.</value>
    public string? Subject { get; init; }

    /// <value>For people to read.</value>
    public required string Name { get; init; }

    /// <value>Names of groups, for policy.</value>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <value>Argon2id with its parameters; null for a federated person.</value>
    public string? PasswordHash { get; init; }

    public byte[]? TotpSealed { get; init; }

    /// <value>The last time step that a one-time password was accepted for: none is accepted twice.</value>
    public long TotpStep { get; init; }

    public required bool Enabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required long RowVersion { get; init; }
}

/// <summary>A browser that someone signed in with. The cookie holds a random token, the row its digest.</summary>
public sealed record SignInSession(
    Digest Token,
    EnvironmentId Environment,
    Identifier Identifier,
    UserEpoch Epoch,
    DateTimeOffset SignedInAt,
    DateTimeOffset ExpiresAt
);

/// <summary>The operator's OpenID Connect provider, as an environment uses it.</summary>
public sealed record IdentityProvider
{
    public required EnvironmentId Environment { get; init; }

    /// <value>Exactly as its discovery document and ID tokens spell it.</value>
    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    /// <value>Null: a public client.</value>
    public byte[]? ClientSecretSealed { get; init; }

    public required ScopeSet Scopes { get; init; }

    /// <value>The claim that becomes the identifier; <c>sub</c> unless the operator says otherwise.</value>
    public required string IdentifierClaim { get; init; }

    /// <value>The claim that lists groups; null: the provider says none.</value>
    public string? GroupsClaim { get; init; }
}

public interface IPersonStore
{
    /// <returns>False when the identifier or the provider's subject is taken.</returns>
    Task<bool> AddAsync(Person person, Traces traces, CancellationToken cancellationToken);

    Task<Person?> FindAsync(EnvironmentId environment, Identifier identifier, CancellationToken cancellationToken);

    Task<Person?> FindBySubjectAsync(
        EnvironmentId environment,
        string issuer,
        string subject,
        CancellationToken cancellationToken
    );

    /// <summary>In the order of identifiers.</summary>
    Task<IReadOnlyList<Person>> ListAsync(EnvironmentId environment, int limit, CancellationToken cancellationToken);

    /// <summary>Writes everything but identity and time step, if the row still has this version.</summary>
    Task<bool> ChangeAsync(Person person, Traces traces, CancellationToken cancellationToken);

    /// <returns>True for exactly one of those who bring the same step.</returns>
    Task<bool> TakeTotpStepAsync(
        EnvironmentId environment,
        Identifier identifier,
        long step,
        CancellationToken cancellationToken
    );

    Task<bool> RemoveAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    );
}

public interface ISignInSessionStore
{
    Task AddAsync(SignInSession session, Traces traces, CancellationToken cancellationToken);

    /// <summary>The look-up that returns the environment.</summary>
    Task<SignInSession?> FindAsync(Digest token, CancellationToken cancellationToken);

    Task RemoveAsync(Digest token, CancellationToken cancellationToken);

    Task<int> RemoveEndedAsync(CancellationToken cancellationToken);
}

public interface IIdentityProviderStore
{
    Task<IdentityProvider?> FindAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>The environment's one provider from now on.</summary>
    Task SetAsync(IdentityProvider provider, Traces traces, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(EnvironmentId environment, Traces traces, CancellationToken cancellationToken);
}
