namespace Behalf.Identity;

/// <summary>The room's one entry; each part below does one thing.</summary>
internal sealed class IdentityRoom(
    Callers callers,
    Subjects subjects,
    UserSessions sessions,
    ApiClients clients,
    IApiClientStore clientStore,
    Environments environments,
    EnvironmentSettings settings,
    IEnvironmentStore environmentStore,
    Bootstrap bootstrap,
    ServerTokens serverTokens,
    ServerCallers serverCallers,
    GrantCallers grantCallers,
    TokenKeys keys
) : IIdentity
{
    public Task<Result<IssuedToken>> IssueTokenAsync(
        string clientId,
        string clientSecret,
        string source,
        CancellationToken cancellationToken
    ) => callers.IssueAsync(clientId, clientSecret, source, cancellationToken);

    public Task<Result<Principal>> AuthenticateAsync(
        ReadOnlyMemory<char> accessToken,
        CancellationToken cancellationToken
    ) => callers.AuthenticateAsync(accessToken, cancellationToken);

    public Task<Result<ActingSubject>> ActForAsync(
        Principal principal,
        string? named,
        CancellationToken cancellationToken
    ) => subjects.ActForAsync(principal, named, cancellationToken);

    public Task<Result<MintedSession>> CreateSessionAsync(
        Principal principal,
        Identifier identifier,
        CredentialLimits limits,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    ) => sessions.CreateAsync(principal, identifier, limits, lifetime, cancellationToken);

    public Task<Result<IssuedToken>> IssueServerTokenAsync(
        ActingSubject subject,
        ServerTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    ) => serverTokens.IssueAsync(subject, content, lifetime, cancellationToken);

    public Task<Result<ServerCaller>> AuthenticateAtServerAsync(
        string token,
        Func<DeploymentEnvironment, Uri> urlIn,
        CancellationToken cancellationToken
    ) => serverCallers.AuthenticateAsync(token, urlIn, cancellationToken);

    public Task<Result<IssuedToken>> IssueGrantTokenAsync(
        GrantTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    ) => grantCallers.IssueAsync(content, lifetime, cancellationToken);

    public Task<Result<GrantCaller>> AuthenticateGrantAsync(
        string token,
        Func<DeploymentEnvironment, string> resourceIn,
        CancellationToken cancellationToken
    ) => grantCallers.AuthenticateAsync(token, resourceIn, cancellationToken);

    public Task<Result<Done>> SignOutAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => sessions.SignOutAsync(principal, environment, identifier, cancellationToken);

    public Task<Result<NewApiClient>> AddClientAsync(
        Principal principal,
        EnvironmentId environment,
        string name,
        CredentialLimits limits,
        CancellationToken cancellationToken
    ) => clients.AddAsync(principal, environment, name, limits, cancellationToken);

    public Task<Result<ApiClient>> ChangeClientAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        ApiClientChange change,
        CancellationToken cancellationToken
    ) => clients.ChangeAsync(principal, environment, clientId, change, cancellationToken);

    public Task<Result<NewApiClient>> RotateClientAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    ) => clients.RotateAsync(principal, environment, clientId, cancellationToken);

    public Task<Result<Done>> RemoveClientAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    ) => clients.RemoveAsync(principal, environment, clientId, cancellationToken);

    public Task<IReadOnlyList<ApiClient>> ListClientsAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => clientStore.ListAsync(environment, cancellationToken);

    public Task<bool> BootstrapAsync(
        Func<FirstCredentials, CancellationToken, Task> deliver,
        CancellationToken cancellationToken
    ) => bootstrap.RunAsync(deliver, cancellationToken);

    public Task<Result<DeploymentEnvironment>> AddEnvironmentAsync(
        Principal principal,
        NewEnvironment environment,
        CancellationToken cancellationToken
    ) => environments.AddAsync(principal, environment, cancellationToken);

    public Task<Result<DeploymentEnvironment>> ChangeEnvironmentAsync(
        Principal principal,
        EnvironmentId environment,
        EnvironmentChange change,
        CancellationToken cancellationToken
    ) => settings.ChangeAsync(principal, environment, change, cancellationToken);

    public Task<IReadOnlyList<DeploymentEnvironment>> ListEnvironmentsAsync(CancellationToken cancellationToken) =>
        environmentStore.ListAsync(cancellationToken);

    public Task<DeploymentEnvironment?> FindEnvironmentAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => environmentStore.FindAsync(environment, cancellationToken);

    public Task<string> PublishKeysAsync(CancellationToken cancellationToken) => Task.FromResult(keys.Publish());
}
