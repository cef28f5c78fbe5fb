namespace Behalf.Connectors.Operations;

/// <summary>One operation of a provider's API, as its own documentation names it: what it needs and whether it changes anything.</summary>
public sealed record Operation
{
    /// <value>The provider's own name, such as <c>getTask</c>.</value>
    public required string Id { get; init; }

    /// <value>GET also stands for HEAD.</value>
    public required HttpMethod Method { get; init; }

    /// <value>Below the connection's base URL, whole segments as <c>{slots}</c>, such as <c>/api/1.0/tasks/{task_gid}</c>.</value>
    public required string Path { get; init; }

    /// <value>All of these, or the profile's full scope, must be granted.</value>
    public required ScopeSet NeededScopes { get; init; }

    /// <value>True: only the profile's full scope allows it.</value>
    public bool NeedsFullScope { get; init; }

    public required bool Writes { get; init; }

    /// <summary>Whether a grant allows this operation.</summary>
    public bool IsGrantedBy(ScopeSet granted, OAuthProfile profile)
    {
        ArgumentNullException.ThrowIfNull(granted);
        ArgumentNullException.ThrowIfNull(profile);
        return profile.FullScope is { } full && granted.Contains(full)
            || (!NeedsFullScope && granted.Covers(NeededScopes));
    }
}
