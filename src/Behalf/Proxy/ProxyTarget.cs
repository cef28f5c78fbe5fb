using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Operations;

namespace Behalf.Proxy;

/// <summary>What a request is for: whose account, where, and which operation of the provider it is.</summary>
/// <param name="Operation">Null: none that the connector knows. It counts as a write and needs no scope of ours.</param>
internal sealed record ProxyTarget(
    Connection Connection,
    ConnectorDefinition Definition,
    ConnectedAccount Account,
    Operation? Operation
)
{
    public bool Writes => Operation?.Writes ?? true;

    /// <value>All must be granted when the call starts.</value>
    public ScopeSet NeededScopes =>
        Operation is null ? ScopeSet.Empty
        : Definition.OAuth.FullScope is { } full && (Operation.NeedsFullScope || Account.GrantedScopes.Contains(full))
            ? ScopeSet.Of([full])
        : Operation.NeededScopes;
}
