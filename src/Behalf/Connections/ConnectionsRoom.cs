using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Connections;

/// <summary>The room's one entry; each noun has a file of its own.</summary>
internal sealed class ConnectionsRoom(
    ConnectionRegistry registry,
    ConnectionSettings settings,
    AccountDirectory directory,
    AccountEnding ending,
    UpstreamOpener opener,
    IAuthorization authorization
) : IConnections
{
    public Task<Result<ConnectionView>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        NewConnection connection,
        CancellationToken cancellationToken
    ) => registry.AddAsync(principal, environment, connection, cancellationToken);

    public Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) => registry.FindAsync(environment, name, cancellationToken);

    public Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) => registry.FindAsync(environment, id, cancellationToken);

    public Task<Page<ConnectionView>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) => registry.ListAsync(environment, page, cancellationToken);

    public async Task<Result<ConnectionView>> FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) => principal.Within(await registry.FindAsync(environment, name, cancellationToken));

    public async Task<Result<ConnectionView>> FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) => principal.Within(await registry.FindAsync(environment, id, cancellationToken));

    public Task<Page<ConnectionView>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        principal.Limits.Connections is { } names
            ? registry.ListAsync(environment, names, page, cancellationToken)
            : registry.ListAsync(environment, page, cancellationToken);

    public async Task<Result<ConnectionView>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        ConnectionChange change,
        CancellationToken cancellationToken
    )
    {
        Result<ConnectionId> changed = await settings.ChangeAsync(
            principal,
            environment,
            id,
            change,
            cancellationToken
        );
        return changed.Succeeded ? await registry.FindAsync(environment, id, cancellationToken) : changed.Problem;
    }

    public Task<Result<string>> ReadContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        CancellationToken cancellationToken
    ) => settings.ReadContextAsync(principal, environment, id, organization, cancellationToken);

    public Task<Result<Done>> WriteContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        string context,
        CancellationToken cancellationToken
    ) => settings.WriteContextAsync(principal, environment, id, organization, context, cancellationToken);

    public async Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName name,
        bool force,
        CancellationToken cancellationToken
    )
    {
        if (!principal.Manages(environment))
        {
            return Problem.Forbidden("not_allowed", "This credential may not remove connections here.");
        }

        Result<ConnectionView> found = await registry.FindAsync(environment, name, cancellationToken);
        if (!found.Succeeded || !principal.Limits.AllowsConnection(name.Value))
        {
            return Problem.NotFound("connection");
        }

        Connection connection = found.Value.Connection;
        if (force)
        {
            if (await ending.StopAllAsync(principal, connection, cancellationToken) is { } problem)
            {
                return problem;
            }

            // The client secret goes with the connection: revoke upstream while it is there.
            await authorization.WorkAsync(cancellationToken);
        }

        return await registry.RemoveAsync(principal, connection, cancellationToken)
            ? Done.Value
            : new Problem(
                ProblemKind.FailedPrecondition,
                "connection_in_use",
                $"Connection {name} has live accounts; disconnect them or remove it with force."
            );
    }

    public Task<Result<ConnectedAccount>> CreateAccountAsync(
        ActingSubject subject,
        ConnectionName connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    ) => directory.CreateAsync(subject, connection, labels, cancellationToken);

    public Task<Result<ConnectedAccount>> FindAccountAsync(
        ActingSubject subject,
        ConnectionName connection,
        AccountLabels labels,
        CancellationToken cancellationToken
    ) => directory.FindAsync(subject, connection, labels, cancellationToken);

    public Task<Result<ConnectedAccount>> FindAccountAsync(
        Principal principal,
        AccountId id,
        CancellationToken cancellationToken
    ) => directory.FindAsync(principal, id, cancellationToken);

    public Task<Result<ConnectedAccount>> ChangeAccountAsync(
        Principal principal,
        AccountId id,
        string apiConfig,
        CancellationToken cancellationToken
    ) => directory.ChangeAsync(principal, id, apiConfig, cancellationToken);

    public Task<IReadOnlyList<ConnectedAccount>> AccountsOfAsync(
        ActingSubject subject,
        CancellationToken cancellationToken
    ) => directory.OfAsync(subject, cancellationToken);

    public Task<ConnectedAccount?> AccountAtAsync(
        ActingSubject subject,
        Connection connection,
        CancellationToken cancellationToken
    ) => directory.AtAsync(subject, connection, cancellationToken);

    public Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    ) => registry.OfPrefixesAsync(environment, prefixes, cancellationToken);

    public Task<IReadOnlyList<ConnectedAccount>> AccountsOfAsync(
        BrowserUser user,
        CancellationToken cancellationToken
    ) => directory.OfAsync(user, cancellationToken);

    public Task<Page<ConnectedAccount>> ListAccountsAsync(
        Principal principal,
        AccountFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => directory.ListAsync(principal, filter, page, cancellationToken);

    public Task<Result<ConnectedAccount>> DisconnectAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    ) => ending.DisconnectAsync(principal, account, AccountReasons.Disconnected, cancellationToken);

    public Task<Result<Done>> DeleteAccountAsync(
        Principal principal,
        ConnectedAccount account,
        CancellationToken cancellationToken
    ) => ending.DeleteAsync(principal, account, cancellationToken);

    public Task<Result<IReadOnlyList<ConnectedAccount>>> RevokeUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => ending.RevokeUserAsync(principal, environment, identifier, cancellationToken);

    public Task<Result<IReadOnlyList<ConnectedAccount>>> RemoveUserAsync(
        Principal principal,
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) => ending.RemoveUserAsync(principal, environment, identifier, cancellationToken);

    public Task<Result<RevokedAccounts>> RevokeAllAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionName? connection,
        CancellationToken cancellationToken
    ) => ending.RevokeAllAsync(principal, environment, connection, cancellationToken);

    public Task<bool> StopAgainAsync(
        EnvironmentId environment,
        AccountId account,
        long generation,
        CancellationToken cancellationToken
    ) => ending.StopAgainAsync(environment, account, generation, cancellationToken);

    public Task<Result<IUpstream>> OpenAsync(
        StartedCall call,
        Connection connection,
        CancellationToken cancellationToken
    ) => opener.OpenAsync(call, connection, cancellationToken);
}
