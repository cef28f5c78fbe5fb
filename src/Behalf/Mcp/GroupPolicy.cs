namespace Behalf.Mcp;

/// <summary>What one group of an environment's people may reach of one connection at <c>/mcp</c>.</summary>
/// <param name="Group">As the person's groups spell it; <see cref="Everyone"/> for all who sign in.</param>
/// <param name="Tools">Full tool names; empty: all of the connection.</param>
public sealed record GroupRule(
    EnvironmentId Environment,
    string Group,
    ConnectionId Connection,
    ConnectionName ConnectionName,
    IReadOnlyList<string> Tools
)
{
    public const string Everyone = "*";
}

/// <summary>Rules of an environment's groups. An environment without any sets no limits.</summary>
public interface IGroupPolicyStore
{
    /// <summary>Of live connections, in a stable order.</summary>
    Task<IReadOnlyList<GroupRule>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>The group's one rule for the connection from now on.</summary>
    Task SetAsync(GroupRule rule, Traces traces, CancellationToken cancellationToken);

    Task<bool> RemoveAsync(
        EnvironmentId environment,
        string group,
        ConnectionId connection,
        Traces traces,
        CancellationToken cancellationToken
    );
}
