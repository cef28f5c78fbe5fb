namespace Behalf.Identity;

/// <summary>Who is calling, and for whom. The only entry of the room; safe to call concurrently.</summary>
public interface IIdentity
{
    /// <summary>The client-credentials grant (RFC 6749 §4.4) for API clients, user sessions' client pairs and operators.</summary>
    /// <param name="source">
    /// Where the request comes from, such as the peer's address: guessing is throttled per source and client id, so the
    /// owner of the id is never locked out from elsewhere.
    /// </param>
    Task<Result<IssuedToken>> IssueTokenAsync(
        string clientId,
        string clientSecret,
        string source,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Validates an access token (signature by our ring, <c>typ</c>, <c>iss</c>, <c>aud</c>, expiry) and reads the client,
    /// session and user epoch from the database: what ended there ends here at once.
    /// </summary>
    Task<Result<Principal>> AuthenticateAsync(ReadOnlyMemory<char> accessToken, CancellationToken cancellationToken);

    /// <summary>
    /// The subject a call acts for. A service client must name one; a user session has one, and naming a different one
    /// is refused with <c>identifier_mismatch</c> and recorded as a denial. An operator never acts for a user.
    /// </summary>
    /// <param name="principal">The authenticated caller.</param>
    /// <param name="named">The value of the request field that names the acting user, if the request had one.</param>
    Task<Result<ActingSubject>> ActForAsync(Principal principal, string? named, CancellationToken cancellationToken);

    /// <summary>Mints a token and a client pair bound to one identifier. Only for service clients.</summary>
    Task<Result<MintedSession>> CreateSessionAsync(
        Principal principal,
        Identifier identifier,
        CredentialLimits limits,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Signs a token for the subject at one virtual MCP server: another type and audience than the API's, so that the API
    /// does not take it. Only for service clients.
    /// </summary>
    Task<Result<IssuedToken>> IssueServerTokenAsync(
        ActingSubject subject,
        ServerTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Validates such a token at the server with this URL, and reads client and user epoch from the database. What the
    /// server offers now is the caller's to check.
    /// </summary>
    /// <param name="urlIn">The server's URL in the environment that the token names.</param>
    Task<Result<ServerCaller>> AuthenticateAtServerAsync(
        string token,
        Func<DeploymentEnvironment, Uri> urlIn,
        CancellationToken cancellationToken
    );

    /// <summary>Signs an access token of a person's grant, for its one resource.</summary>
    Task<Result<IssuedToken>> IssueGrantTokenAsync(
        GrantTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Validates such a token at the resource, and reads the user's epoch from the database. Whether the grant still lives
    /// is the caller's to check.
    /// </summary>
    /// <param name="resourceIn">The resource in the environment that the token names.</param>
    Task<Result<GrantCaller>> AuthenticateGrantAsync(
        string token,
        Func<DeploymentEnvironment, string> resourceIn,
        CancellationToken cancellationToken
    );

    /// <summary>Ends every token of the user at the next call, on every node; accounts stay connected.</summary>
    Task<Result<Done>> SignOutAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    );

    Task<Result<NewApiClient>> AddClientAsync(
        Principal principal,
        EnvironmentId environment,
        string name,
        CredentialLimits limits,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Changes name and limits of a client, from the next call that starts, on every node. Its tokens and sessions live on,
    /// within the new limits. Only for operators.
    /// </summary>
    Task<Result<ApiClient>> ChangeClientAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        ApiClientChange change,
        CancellationToken cancellationToken
    );

    Task<Result<NewApiClient>> RotateClientAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    );

    Task<Result<Done>> RemoveClientAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    );

    Task<IReadOnlyList<ApiClient>> ListClientsAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>
    /// First start: an operator credential, the environment <c>default</c> and one API client. They are handed to
    /// <paramref name="deliver"/> before the operator credential is committed, so a crash in between leaves nothing that
    /// counts as done and the next start delivers anew.
    /// </summary>
    /// <returns>False when it was done before.</returns>
    Task<bool> BootstrapAsync(
        Func<FirstCredentials, CancellationToken, Task> deliver,
        CancellationToken cancellationToken
    );

    Task<Result<DeploymentEnvironment>> AddEnvironmentAsync(
        Principal principal,
        NewEnvironment environment,
        CancellationToken cancellationToken
    );

    /// <summary>Changes settings of an environment; what they decide follows at the next request. Only for operators.</summary>
    Task<Result<DeploymentEnvironment>> ChangeEnvironmentAsync(
        Principal principal,
        EnvironmentId environment,
        EnvironmentChange change,
        CancellationToken cancellationToken
    );

    Task<IReadOnlyList<DeploymentEnvironment>> ListEnvironmentsAsync(CancellationToken cancellationToken);

    Task<DeploymentEnvironment?> FindEnvironmentAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>The public half of the token-signing keys as a JSON Web Key Set (RFC 7517).</summary>
    Task<string> PublishKeysAsync(CancellationToken cancellationToken);
}

/// <param name="AccessToken">A signed JWT that says the same times.</param>
/// <param name="IssuedAt">In whole seconds, as a JWT has them (RFC 7519 §2).</param>
/// <param name="ExpiresAt">In whole seconds.</param>
public sealed record IssuedToken(Secret AccessToken, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt)
{
    /// <value>Whole seconds.</value>
    public TimeSpan Lifetime => ExpiresAt - IssuedAt;
}

/// <summary>What a token for a virtual MCP server says besides its subject, client and times.</summary>
public sealed record ServerTokenContent
{
    /// <value>The server's URL: the token's audience.</value>
    public required Uri Server { get; init; }

    /// <value>The config it is for; null for a server of one connection.</value>
    public McpConfigId? Config { get; init; }

    /// <value>The one connection it is for; null for a config.</value>
    public ConnectionId? Connection { get; init; }

    public required IReadOnlyList<AccountId> Accounts { get; init; }

    /// <value>True: only tools with the read-only annotation.</value>
    public required bool ReadOnly { get; init; }
}

/// <summary>Who calls a virtual MCP server.</summary>
/// <param name="Config">The config that the token is for, if it is for one.</param>
/// <param name="Connection">The connection that the token is for, if it is for one alone.</param>
public sealed record ServerCaller(Principal Principal, McpConfigId? Config, ConnectionId? Connection);

/// <summary>What an access token of a person's grant says besides its times.</summary>
public sealed record GrantTokenContent
{
    public required EnvironmentId Environment { get; init; }

    public required GrantId Grant { get; init; }

    public required string ClientId { get; init; }

    public required Identifier Identifier { get; init; }

    public required UserEpoch Epoch { get; init; }

    /// <value>The token's audience.</value>
    public required string Resource { get; init; }

    public required ScopeSet Scopes { get; init; }
}

/// <summary>Who calls a resource with such a token.</summary>
public sealed record GrantCaller(GrantId Grant, Principal Principal, ScopeSet Scopes);

/// <summary>A session's token and client pair: the same life, the same one identifier.</summary>
public sealed record MintedSession(
    UserSessionId Id,
    Identifier Identifier,
    Secret AccessToken,
    string ClientId,
    Secret ClientSecret,
    DateTimeOffset ExpiresAt
);

/// <summary>What to change about an API client; null leaves it as it is.</summary>
public sealed record ApiClientChange
{
    public string? Name { get; init; }

    /// <value>Empty: no limit any more.</value>
    public IReadOnlySet<string>? Connections { get; init; }

    /// <value>Empty: no limit any more.</value>
    public IReadOnlySet<string>? Tools { get; init; }
}

/// <summary>Shown once; only the digest of the secret is stored.</summary>
public sealed record NewApiClient(ApiClient Client, Secret ClientSecret);

public sealed record FirstCredentials(
    DeploymentEnvironment Environment,
    NewApiClient Client,
    string OperatorClientId,
    Secret OperatorClientSecret
);
