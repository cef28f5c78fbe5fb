using Behalf.Connections;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Mcp;

/// <summary>What a person may reach at <c>/mcp</c> by the groups the person is in; and how the rules are set.</summary>
internal sealed class GroupPolicies(IGroupPolicyStore store, IConnections connections)
{
    private const int MaxConnections = 1_000;
    private const int MaxTools = 500;
    private const int MaxGroup = 200;

    /// <summary>Rules add up. An environment without rules sets no limits.</summary>
    public async Task<IReadOnlyList<McpMapping>> MappingsAsync(
        EnvironmentId environment,
        IReadOnlyList<string> groups,
        CancellationToken cancellationToken
    )
    {
        Page<ConnectionView> all = await connections.ListAsync(
            environment,
            new PageRequest(MaxConnections),
            cancellationToken
        );
        IReadOnlyList<GroupRule> rules = await store.ListAsync(environment, cancellationToken);
        ILookup<ConnectionId, GroupRule> own = rules
            .Where(rule => rule.Group == GroupRule.Everyone || groups.Contains(rule.Group, StringComparer.Ordinal))
            .ToLookup(rule => rule.Connection);
        return
        [
            .. all
                .Items.Select(view => view.Connection)
                .Where(connection => connection.Enabled && (rules.Count == 0 || own.Contains(connection.Id)))
                .Select(connection => new McpMapping(
                    connection.Id,
                    connection.Name,
                    connection.Connector,
                    ToolsOf(own[connection.Id])
                )),
        ];
    }

    public async Task<Result<GroupRule>> SetAsync(
        Principal principal,
        EnvironmentId environment,
        string group,
        ConnectionName name,
        IReadOnlyList<string> tools,
        CancellationToken cancellationToken
    )
    {
        if (Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        if (group.Length is 0 or > MaxGroup || group.Any(char.IsControl))
        {
            return Problem.Invalid("group", "max_len", $"has 1 to {MaxGroup} characters");
        }

        if (tools.Count > MaxTools || tools.Any(tool => tool.Length is 0 or > 200))
        {
            return Problem.Invalid("tools", "max_items", $"are up to {MaxTools} tool names");
        }

        Result<ConnectionView> found = await connections.FindAsync(environment, name, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        GroupRule rule = new(environment, group, found.Value.Connection.Id, name, tools);
        await store.SetAsync(rule, Record(principal, rule, "mcp_policy.set"), cancellationToken);
        return rule;
    }

    public async Task<Result<IReadOnlyList<GroupRule>>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    ) =>
        Managed.Refuse(principal, environment) is { } problem
            ? problem
            : (await store.ListAsync(environment, cancellationToken)).ToList();

    public async Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        string group,
        ConnectionName name,
        CancellationToken cancellationToken
    )
    {
        if (Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        GroupRule? rule = (await store.ListAsync(environment, cancellationToken)).FirstOrDefault(one =>
            one.Group == group && one.ConnectionName == name
        );
        return
            rule is not null
            && await store.RemoveAsync(
                environment,
                group,
                rule.Connection,
                Record(principal, rule, "mcp_policy.removed"),
                cancellationToken
            )
            ? Done.Value
            : Problem.NotFound("rule");
    }

    /// <summary>One rule without a list of tools is for all of them.</summary>
    private static string[] ToolsOf(IEnumerable<GroupRule> rules)
    {
        GroupRule[] own = [.. rules];
        return own.Any(rule => rule.Tools.Count == 0)
            ? []
            : [.. own.SelectMany(rule => rule.Tools).Distinct(StringComparer.Ordinal)];
    }

    private static Traces Record(Principal principal, GroupRule rule, string action) =>
        Managed.Record(
            rule.Environment,
            action,
            principal,
            null,
            $"group \"{rule.Group}\" {rule.ConnectionName}: {(rule.Tools.Count == 0 ? "all tools" : string.Join(',', rule.Tools))}"
        );
}
