using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;

namespace Behalf.Authorization;

/// <summary>What a step of a flow needs to know besides the flow.</summary>
internal sealed record FlowContext(
    DeploymentEnvironment Environment,
    Connection Connection,
    ConnectorDefinition Definition
)
{
    public OAuthProfile Profile => Definition.OAuth;

    public AuthProfile Auth => Definition.Auth;
}

internal sealed class FlowContexts(
    IEnvironmentStore environments,
    IConnectionStore connections,
    IConnectorCatalog catalog
)
{
    /// <summary>The context, or null when the environment or connection is gone.</summary>
    public async Task<FlowContext?> FindAsync(
        EnvironmentId environmentId,
        ConnectionId connectionId,
        CancellationToken cancellationToken
    )
    {
        Connection? connection = await connections.FindAsync(environmentId, connectionId, cancellationToken);
        return await OfAsync(environmentId, connection, cancellationToken);
    }

    /// <summary>Also of a connection that was removed while tokens of it wait to be revoked.</summary>
    public async Task<FlowContext?> FindForRevocationAsync(
        EnvironmentId environmentId,
        ConnectionId connectionId,
        CancellationToken cancellationToken
    )
    {
        Connection? connection = await connections.FindForRevocationAsync(
            environmentId,
            connectionId,
            cancellationToken
        );
        return await OfAsync(environmentId, connection, cancellationToken);
    }

    private async Task<FlowContext?> OfAsync(
        EnvironmentId environmentId,
        Connection? connection,
        CancellationToken cancellationToken
    )
    {
        DeploymentEnvironment? environment = await environments.FindAsync(environmentId, cancellationToken);
        if (environment is null || connection is null)
        {
            return null;
        }

        ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
        return new FlowContext(environment, connection, definition);
    }
}
