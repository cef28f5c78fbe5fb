namespace Behalf.Identity;

/// <summary>How a person who finished the provider's consent is confirmed to be the one who began.</summary>
public enum VerifyMode
{
    /// <summary>The application confirms through its service credential.</summary>
    Application = 1,

    /// <summary>The user signs in at Behalf.</summary>
    Hosted = 2,

    /// <summary>Not confirmed at all: development only.</summary>
    None = 3,
}

/// <summary>An isolation boundary. Named so because <c>Environment</c> is taken by the framework.</summary>
public sealed record DeploymentEnvironment
{
    public required EnvironmentId Id { get; init; }

    /// <value>Unique, 1–40 of <c>[a-z0-9-]</c>; shown in paths.</value>
    public required string Slug { get; init; }

    public required string Name { get; init; }

    /// <value>The environment's own origin; null: the installation's public URL.</value>
    public string? PublicUrl { get; init; }

    public required VerifyMode VerifyMode { get; init; }

    public string? DefaultVerifyUrl { get; init; }

    /// <value>True: <c>GetConnectedAccountAuth</c> returns tokens to service credentials, and records each reading.</value>
    public bool ReadBack { get; init; }

    /// <value>True: logs of failed calls keep the provider's own words.</value>
    public bool DetailedErrorLogging { get; init; }

    public ToolNaming ToolNaming { get; init; } = ToolNaming.Behalf;

    /// <value>In days; null: the audit trail is kept for ever.</value>
    public int? AuditRetentionDays { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required long RowVersion { get; init; }
}

public sealed record NewEnvironment(
    string Slug,
    string Name,
    VerifyMode VerifyMode,
    string? PublicUrl,
    string? DefaultVerifyUrl
);

public sealed record ApiClient
{
    public required EnvironmentId Environment { get; init; }

    public required ApiClientId Id { get; init; }

    public required string ClientId { get; init; }

    public required string Name { get; init; }

    public const long FirstLimitsRevision = 1;

    public required CredentialLimits Limits { get; init; }

    /// <value>Moves with the limits.</value>
    public long LimitsRevision { get; init; } = FirstLimitsRevision;

    public required long Epoch { get; init; }

    public required bool Enabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <value>Digests of the live secrets, at most two.</value>
    public required IReadOnlyList<ClientSecretDigest> Secrets { get; init; }
}

public sealed record ClientSecretDigest(Digest Digest, DateTimeOffset CreatedAt, DateTimeOffset? NotAfter);

public sealed record UserSession
{
    public required EnvironmentId Environment { get; init; }

    public required UserSessionId Id { get; init; }

    public required string ClientId { get; init; }

    public required Digest SecretDigest { get; init; }

    /// <value>The client that minted it.</value>
    public required ApiClientId Client { get; init; }

    public required Identifier Identifier { get; init; }

    public required UserEpoch Epoch { get; init; }

    public required CredentialLimits Limits { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed record OperatorCredential(
    Guid Id,
    string ClientId,
    Digest SecretDigest,
    long Epoch,
    DateTimeOffset CreatedAt
);

public interface IEnvironmentStore
{
    /// <returns>False when the slug or public URL is taken.</returns>
    Task<bool> AddAsync(DeploymentEnvironment environment, Traces traces, CancellationToken cancellationToken);

    /// <summary>Writes the settings if the row still has this version; identity and public URL stay.</summary>
    Task<bool> ChangeAsync(DeploymentEnvironment environment, Traces traces, CancellationToken cancellationToken);

    Task<DeploymentEnvironment?> FindAsync(EnvironmentId id, CancellationToken cancellationToken);

    Task<DeploymentEnvironment?> FindBySlugAsync(string slug, CancellationToken cancellationToken);

    Task<IReadOnlyList<DeploymentEnvironment>> ListAsync(CancellationToken cancellationToken);
}

public interface IApiClientStore
{
    Task AddAsync(ApiClient client, Traces traces, CancellationToken cancellationToken);

    /// <summary>The look-up that returns the environment: client ids are unique in the installation.</summary>
    Task<ApiClient?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken);

    Task<ApiClient?> FindAsync(EnvironmentId environment, ApiClientId id, CancellationToken cancellationToken);

    Task<IReadOnlyList<ApiClient>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>Adds a secret and ends all but the newest one before it at <paramref name="previousNotAfter"/>.</summary>
    Task<bool> RotateSecretAsync(
        EnvironmentId environment,
        ApiClientId id,
        Digest secret,
        DateTimeOffset previousNotAfter,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Replaces name and limits; the limits' revision moves when they differ, so that no call starts on the old ones. Its
    /// tokens and sessions live on.
    /// </summary>
    /// <returns>False when there is no such client, or it is disabled.</returns>
    Task<bool> ChangeAsync(
        EnvironmentId environment,
        ApiClientId id,
        string name,
        CredentialLimits limits,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Disables the client and bumps its epoch: its tokens and sessions end at their next call.</summary>
    Task<bool> RemoveAsync(
        EnvironmentId environment,
        ApiClientId id,
        Traces traces,
        CancellationToken cancellationToken
    );
}

public interface IUserSessionStore
{
    Task AddAsync(UserSession session, Traces traces, CancellationToken cancellationToken);

    Task<UserSession?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken);

    Task<UserSession?> FindAsync(EnvironmentId environment, UserSessionId id, CancellationToken cancellationToken);

    /// <returns>How many ended sessions were removed.</returns>
    Task<int> RemoveEndedAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken);
}

public interface IEndUserStore
{
    /// <summary>The user's current incarnation and epoch; creates the row on first sight (a new incarnation after a deletion).</summary>
    Task<UserEpoch> EnsureAsync(EnvironmentId environment, Identifier identifier, CancellationToken cancellationToken);

    Task<UserEpoch?> FindAsync(EnvironmentId environment, Identifier identifier, CancellationToken cancellationToken);

    /// <returns>False when there is no such user.</returns>
    Task<bool> BumpEpochAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// The user is there no more, nor the MCP servers that are the user's own; who comes next is a new incarnation. All tokens
    /// end.
    /// </summary>
    /// <returns>False while a live account belongs to the user; nothing was changed then.</returns>
    Task<bool> RemoveAsync(
        EnvironmentId environment,
        Identifier identifier,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Ends the tokens of every user of the environment.</summary>
    Task BumpEveryEpochAsync(EnvironmentId environment, Traces traces, CancellationToken cancellationToken);
}

public interface IOperatorCredentialStore
{
    Task AddAsync(OperatorCredential credential, Traces traces, CancellationToken cancellationToken);

    Task<OperatorCredential?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken);

    Task<bool> AnyAsync(CancellationToken cancellationToken);
}
