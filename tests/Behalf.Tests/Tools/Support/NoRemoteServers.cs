using Behalf.Connectors;
using Behalf.Connectors.Remote;

namespace Behalf.Tests.Tools.Support;

/// <summary>For rooms whose connectors are all of requests.</summary>
internal sealed class NoRemoteServers : IRemoteListings
{
    public bool IsFresh(EnvironmentId environment, ConnectorDefinition definition) => throw Nothing();

    public string? Spoken(ConnectorDefinition definition) => throw Nothing();

    public void Remember(ConnectorDefinition definition, string spoken) => throw Nothing();

    public Task<RemoteDifference> ReceiveAsync(
        EnvironmentId environment,
        ConnectorDefinition definition,
        IReadOnlyList<RemoteTool> tools,
        CancellationToken cancellationToken
    ) => throw Nothing();

    public Task<IReadOnlySet<string>> ChangedAsync(
        EnvironmentId environment,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    ) => definition.Remote is null ? Task.FromResult<IReadOnlySet<string>>(new HashSet<string>()) : throw Nothing();

    private static NotSupportedException Nothing() => new("There are no remote servers here.");
}
