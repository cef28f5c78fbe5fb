using Behalf.Client.Internal;
using Behalf.Wire.People;
using Grpc.Core;
using Proto = Behalf.Wire.People;

namespace Behalf.Client;

/// <summary>What a group may reach of one connection through an MCP client.</summary>
/// <param name="Group"><c>*</c>: everyone who signs in.</param>
/// <param name="Tools">Full tool names; none: all of the connection.</param>
public sealed record McpGroupRule(string Group, string Connection, IReadOnlyList<string> Tools);

/// <summary>Rules of an environment's groups. Without any there are no limits; the first one closes what none opens.</summary>
public sealed class GroupRulesClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Proto.People.PeopleClient _people;
    private readonly string _environment;

    internal GroupRulesClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _people = new Proto.People.PeopleClient(invoker);
        _environment = environment;
    }

    public async Task<McpGroupRule> SetAsync(McpGroupRule rule, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var request = new SetGroupRuleRequest
        {
            Environment = _environment,
            Group = rule.Group,
            Connection = rule.Connection,
        };
        request.Tools.AddRange(rule.Tools);
        return Read(
            await _rpc.CallAsync(options => _people.SetGroupRuleAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<IReadOnlyList<McpGroupRule>> ListAsync(CancellationToken cancellationToken = default)
    {
        var request = new ListGroupRulesRequest { Environment = _environment };
        var response = await _rpc.CallAsync(options => _people.ListGroupRulesAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return [.. response.Rules.Select(Read)];
    }

    public Task RemoveAsync(string group, string connection, CancellationToken cancellationToken = default)
    {
        var request = new RemoveGroupRuleRequest
        {
            Environment = _environment,
            Group = group,
            Connection = connection,
        };
        return _rpc.CallAsync(options => _people.RemoveGroupRuleAsync(request, options), cancellationToken);
    }

    private static McpGroupRule Read(GroupRule rule) => new(rule.Group, rule.Connection, [.. rule.Tools]);
}
