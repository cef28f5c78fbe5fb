using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Operations;
using Behalf.Identity;
using Behalf.Policy;
using Behalf.Tools;

namespace Behalf.Proxy;

/// <summary>Finds what a request is for, or why it may not be sent. Nothing is kept between requests.</summary>
internal sealed class ProxyTargets(IConnections connections, IConnectorCatalog catalog, IPolicy policy)
{
    public async Task<Result<ProxyTarget>> FindAsync(
        ActingSubject subject,
        ProxyRequest request,
        CancellationToken cancellationToken
    )
    {
        Result<ConnectionView> view = await connections.FindAsync(
            subject.Environment,
            request.Connection,
            cancellationToken
        );
        if (!view.Succeeded)
        {
            return view.Problem;
        }

        Connection connection = view.Value.Connection;
        ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
        Operation? operation = definition.Operations.Find(request.Method, request.Path);
        if (policy.DecideProxy(subject, connection, operation) is PolicyDecision.Deny deny)
        {
            return Problem.Forbidden(deny.Code, deny.Message);
        }

        Result<ConnectedAccount> account = await connections.FindAccountAsync(
            subject,
            connection.Name,
            AccountLabels.None,
            cancellationToken
        );
        return !account.Succeeded ? ToolSentences.NotConnected(subject, connection)
            : account.Value.State != AccountState.Active ? ToolSentences.NotActive(account.Value)
            : operation is not null && !operation.IsGrantedBy(account.Value.GrantedScopes, definition.OAuth)
                ? ScopeMissing(operation, account.Value, definition.OAuth)
            : new ProxyTarget(connection, definition, account.Value, operation);
    }

    private static Problem ScopeMissing(Operation operation, ConnectedAccount account, OAuthProfile profile)
    {
        string missing = operation.NeedsFullScope
            ? profile.FullScope!
            : string.Join(", ", operation.NeededScopes.Except(account.GrantedScopes).Values);
        string who = account.Identifier.Value;
        return Problem.Forbidden(
            "scope_missing",
            $"{operation.Id} is not available to {who}: the grant lacks {missing}. {who} can reconnect \"{account.ConnectionName}\" with that scope."
        );
    }
}
