using Behalf.Identity;

namespace Behalf.People;

/// <summary>
/// Who signs in at our own pages: a local directory and the operator's OpenID Connect provider. The only entry of the
/// room; safe to call concurrently. Managing needs the operator's or an unlimited service credential of the environment.
/// </summary>
public interface IPeople
{
    Task<Result<Person>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        NewPerson person,
        CancellationToken cancellationToken
    );

    Task<Result<IReadOnlyList<Person>>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    );

    /// <summary>A new password, disabling and other groups hold at the next request; the first two also end all sessions.</summary>
    Task<Result<Person>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        PersonChange change,
        CancellationToken cancellationToken
    );

    /// <summary>Ends the person's sessions and grants. Accounts are the user's: see <c>IConnections.RemoveUserAsync</c>.</summary>
    Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    Task<Result<IdentityProvider>> SetProviderAsync(
        Principal principal,
        EnvironmentId environment,
        NewIdentityProvider provider,
        CancellationToken cancellationToken
    );

    Task<Result<Done>> RemoveProviderAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    );

    Task<IdentityProvider?> FindProviderAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>
    /// By password of the local directory. Unknown people, wrong passwords and disabled people are told alike, in like
    /// time; guessing is throttled per source and name.
    /// </summary>
    /// <param name="oneTimePassword">Of those who have one set up.</param>
    /// <param name="source">Such as the peer's address.</param>
    Task<Result<SignedIn>> SignInAsync(
        EnvironmentId environment,
        string name,
        Secret password,
        string? oneTimePassword,
        string source,
        CancellationToken cancellationToken
    );

    /// <summary>The authorization request to the environment's provider (OpenID Connect Core §3.1.2.1), with PKCE.</summary>
    Task<Result<ProviderSignIn>> BeginAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>The provider's answer: <c>iss</c> and <c>state</c> first, then the code, then the ID token.</summary>
    Task<Result<SignedIn>> FinishAsync(
        ProviderSignIn begun,
        ProviderAnswer answer,
        CancellationToken cancellationToken
    );

    /// <summary>Whose browser it is. Sessions end with the user's epoch, and with the person.</summary>
    Task<BrowserUser?> FindAsync(string? token, CancellationToken cancellationToken);

    /// <summary>Groups as they are now; none for someone who never signed in, null for someone who may not.</summary>
    Task<IReadOnlyList<string>?> GroupsOfAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    Task SignOutAsync(string? token, CancellationToken cancellationToken);
}

public sealed record NewPerson
{
    public required Identifier Identifier { get; init; }

    /// <value>Empty: the identifier.</value>
    public string Name { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <value>At least twelve characters.</value>
    public required Secret Password { get; init; }

    /// <value>A time-based one-time password's key (RFC 6238), at least 16 bytes; null: none is asked for.</value>
    public Secret? TotpKey { get; init; }
}

/// <summary>Null leaves a thing as it is.</summary>
public sealed record PersonChange
{
    public string? Name { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public Secret? Password { get; init; }

    public bool? Enabled { get; init; }

    public Secret? TotpKey { get; init; }

    public bool RemoveTotp { get; init; }
}

public sealed record NewIdentityProvider
{
    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    public Secret? ClientSecret { get; init; }

    /// <value>Empty: <c>openid profile email</c>.</value>
    public ScopeSet Scopes { get; init; } = ScopeSet.Empty;

    /// <value>Empty: <c>sub</c>. <c>email</c> counts only where the provider says that it is verified.</value>
    public string IdentifierClaim { get; init; } = "";

    public string? GroupsClaim { get; init; }
}

/// <param name="Token">For the cookie.</param>
public sealed record SignedIn(Identifier Identifier, Secret Token, DateTimeOffset ExpiresAt);

/// <param name="Session">Names the browser's session without being its token.</param>
public sealed record BrowserUser(
    EnvironmentId Environment,
    Identifier Identifier,
    string Name,
    UserEpoch Epoch,
    DateTimeOffset SignedInAt,
    Digest Session
);

/// <summary>What the browser keeps, encrypted, while it is at the provider.</summary>
public sealed record ProviderSignIn
{
    public required EnvironmentId Environment { get; init; }

    public required string Issuer { get; init; }

    /// <value>With its query.</value>
    public required Uri AuthorizationRequest { get; init; }

    public required string State { get; init; }

    public required string Nonce { get; init; }

    public required string Verifier { get; init; }
}

public sealed record ProviderAnswer(string? Code, string? State, string? Issuer, string? Error);
