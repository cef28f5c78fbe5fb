namespace Behalf.Connectors.Remote;

/// <summary>What remote servers say they offer, and what of it was accepted. Safe to call concurrently.</summary>
public interface IRemoteListings
{
    /// <summary>Whether the server's list was compared with this revision within the last minute, on this node.</summary>
    bool IsFresh(EnvironmentId environment, ConnectorDefinition definition);

    /// <summary>
    /// Takes in what a server lists now. Where it differs from the environment's newest revision of the connector, the list
    /// becomes the next one: connections keep what they pin until somebody accepts it.
    /// </summary>
    /// <returns>Beside what <paramref name="definition"/> pins.</returns>
    Task<RemoteDifference> ReceiveAsync(
        EnvironmentId environment,
        ConnectorDefinition definition,
        IReadOnlyList<RemoteTool> tools,
        CancellationToken cancellationToken
    );

    /// <summary>The revision of MCP that the server spoke last, as this node remembers; null: it has to be asked.</summary>
    string? Spoken(ConnectorDefinition definition);

    void Remember(ConnectorDefinition definition, string spoken);

    /// <summary>Names of the definition's tools that the newest revision has otherwise, or no more.</summary>
    Task<IReadOnlySet<string>> ChangedAsync(
        EnvironmentId environment,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    );
}
