using Behalf.Identity;

namespace Behalf.People;

/// <summary>The room's one entry; each noun has a file of its own.</summary>
internal sealed class PeopleRoom(
    PeopleDirectory directory,
    ProviderSettings settings,
    PasswordSignIn passwords,
    ProviderSignIns providers,
    SignInSessions sessions,
    IPersonStore people,
    IIdentityProviderStore providerStore
) : IPeople
{
    public Task<Result<Person>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        NewPerson person,
        CancellationToken cancellationToken
    ) => directory.AddAsync(principal, environment, person, cancellationToken);

    public Task<Result<IReadOnlyList<Person>>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => directory.ListAsync(principal, environment, cancellationToken);

    public Task<Result<Person>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        PersonChange change,
        CancellationToken cancellationToken
    ) => directory.ChangeAsync(principal, environment, identifier, change, cancellationToken);

    public Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => directory.RemoveAsync(principal, environment, identifier, cancellationToken);

    public Task<Result<IdentityProvider>> SetProviderAsync(
        Principal principal,
        EnvironmentId environment,
        NewIdentityProvider provider,
        CancellationToken cancellationToken
    ) => settings.SetAsync(principal, environment, provider, cancellationToken);

    public Task<Result<Done>> RemoveProviderAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) => settings.RemoveAsync(principal, environment, cancellationToken);

    public Task<IdentityProvider?> FindProviderAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        providerStore.FindAsync(environment, cancellationToken);

    public Task<Result<SignedIn>> SignInAsync(
        EnvironmentId environment,
        string name,
        Secret password,
        string? oneTimePassword,
        string source,
        CancellationToken cancellationToken
    ) => passwords.SignInAsync(environment, name, password, oneTimePassword, source, cancellationToken);

    public Task<Result<ProviderSignIn>> BeginAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        providers.BeginAsync(environment, cancellationToken);

    public Task<Result<SignedIn>> FinishAsync(
        ProviderSignIn begun,
        ProviderAnswer answer,
        CancellationToken cancellationToken
    ) => providers.FinishAsync(begun, answer, cancellationToken);

    public Task<BrowserUser?> FindAsync(string? token, CancellationToken cancellationToken) =>
        sessions.FindAsync(token, cancellationToken);

    public async Task<IReadOnlyList<string>?> GroupsOfAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        await people.FindAsync(environment, identifier, cancellationToken) is { Enabled: true } person
            ? person.Groups
            : null;

    public Task SignOutAsync(string? token, CancellationToken cancellationToken) =>
        sessions.EndAsync(token, cancellationToken);
}
