using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Policy;
using Behalf.Tools.Custom;

namespace Behalf.Tools;

/// <summary>
/// Which tools a subject may call: account active ∧ granted scopes ⊇ needed ∧ allowed. Listing and executing ask here, so
/// that what is not listed is never executed. Nothing is kept between calls.
/// </summary>
internal sealed class ScopedToolList(
    IConnections connections,
    IConnectorCatalog catalog,
    OfferedTools offered,
    IPolicy policy
)
{
    private const int PageSize = 200;

    /// <summary>In the order of connection names, then of the definition.</summary>
    /// <param name="naming">The style of names; null: the tools' own. A tool named in the filter keeps that name.</param>
    public async Task<(IReadOnlyList<ScopedTool> Tools, IReadOnlyList<ConnectedAccount> Accounts)> ListAsync(
        ActingSubject subject,
        ScopedToolFilter filter,
        string? naming,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<ConnectedAccount> accounts = await connections.AccountsOfAsync(subject, cancellationToken);
        List<ScopedTool> tools = [];
        foreach (
            ConnectedAccount account in accounts
                .Where(account => account.State == AccountState.Active && Fits(filter, account))
                .OrderBy(account => account.ConnectionName.Value, StringComparer.Ordinal)
        )
        {
            if (
                await OpenAsync(subject.Environment, account, cancellationToken) is not (var connection, var definition)
            )
            {
                continue;
            }

            tools.AddRange(
                (await offered.OfAsync(connection, definition, cancellationToken))
                    .Where(tool =>
                        (filter.All || IsListed(connection, tool, filter.ToolNames))
                        && tool.IsGrantedBy(account.GrantedScopes, definition.OAuth)
                        && policy.Decide(subject, connection, tool) is PolicyDecision.Allow
                    )
                    .Select(tool => new OfferedTool(ToolNames.Of(connection, tool), tool, connection))
                    .Select(tool => new ScopedTool(tool.Shown(filter.ToolNames, naming), account))
            );
        }

        return (tools, accounts);
    }

    /// <summary>The one tool the subject means by a name and may call now, or why there is none.</summary>
    public async Task<Result<ScopedTool>> FindAsync(
        ActingSubject subject,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        if (call.Account is { } wanted && !await IsOfAsync(subject, wanted, cancellationToken))
        {
            return Problem.NotFound("connected account");
        }

        List<Result<ScopedTool>> found = [];
        OfferedTool? unconnected = null;
        foreach (Connection connection in await NamedByAsync(subject.Environment, call, cancellationToken))
        {
            ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
            if (await offered.FindAsync(connection, definition, call.ToolName, cancellationToken) is not { } meant)
            {
                continue;
            }

            ConnectedAccount? account = await connections.AccountAtAsync(subject, connection, cancellationToken);
            if (account is not null && (call.Account is null || account.Id == call.Account))
            {
                found.Add(Check(subject, meant, definition, account));
            }
            else if (unconnected is null && await IsOfferedAsync(meant, definition, cancellationToken))
            {
                unconnected = meant;
            }
        }

        List<ScopedTool> callable = [.. found.Where(one => one.Succeeded).Select(one => one.Value!)];
        return callable switch
        {
            [var only] => only,
            [_, ..] => ToolSentences.Ambiguous(call.ToolName, callable),
            _ when found is [var refused, ..] => refused,
            _ when unconnected is not null => policy.Decide(subject, unconnected.Connection, unconnected.Definition)
                is PolicyDecision.Deny deny
                ? Problem.Forbidden(deny.Code, deny.Message)
                : ToolSentences.NotConnected(subject, unconnected.Connection),
            _ => Problem.NotFound("tool"),
        };
    }

    /// <summary>The tools that a name stands for in an environment, whoever is connected there.</summary>
    public async Task<IReadOnlyList<OfferedTool>> NamedAsync(
        EnvironmentId environment,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        List<OfferedTool> named = [];
        foreach (Connection connection in await NamedByAsync(environment, call, cancellationToken))
        {
            ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
            named.AddRange(
                (await offered.OfAsync(connection, definition, cancellationToken))
                    .Select(tool => new OfferedTool(ToolNames.Of(connection, tool), tool, connection))
                    .Where(tool => tool.IsNamed(call.ToolName))
            );
        }

        return named;
    }

    /// <summary>Nobody is sent to connect for a remote server's tool that changed since it was accepted.</summary>
    private async Task<bool> IsOfferedAsync(
        OfferedTool tool,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    ) =>
        (await offered.OfAsync(tool.Connection, definition, cancellationToken)).Any(one =>
            one.Name == tool.Definition.Name
        );

    /// <summary>By the beginning of the tool's name, so that neither many connections nor many accounts make a call dearer.</summary>
    private async Task<IEnumerable<Connection>> NamedByAsync(
        EnvironmentId environment,
        ToolCall call,
        CancellationToken cancellationToken
    ) =>
        ToolNames.PrefixesOf(call.ToolName) is { Count: > 0 } prefixes
            ? (await connections.OfPrefixesAsync(environment, prefixes, cancellationToken)).Where(connection =>
                call.Connection is null || connection.Name == call.Connection
            )
            : [];

    private async Task<bool> IsOfAsync(ActingSubject subject, AccountId id, CancellationToken cancellationToken)
    {
        Result<ConnectedAccount> account = await connections.FindAccountAsync(subject.Principal, id, cancellationToken);
        return account.Succeeded
            && account.Value.Identifier == subject.Identifier
            && account.Value.Incarnation == subject.Epoch.Incarnation;
    }

    private Result<ScopedTool> Check(
        ActingSubject subject,
        OfferedTool tool,
        ConnectorDefinition definition,
        ConnectedAccount account
    ) =>
        policy.Decide(subject, tool.Connection, tool.Definition) is PolicyDecision.Deny deny
            ? Problem.Forbidden(deny.Code, deny.Message)
        : account.State != AccountState.Active ? ToolSentences.NotActive(account)
        : !tool.Definition.IsGrantedBy(account.GrantedScopes, definition.OAuth)
            ? ToolSentences.ScopeMissing(tool, account)
        : new ScopedTool(tool, account);

    /// <summary>Every tool of the environment's connections, in the order of connection names.</summary>
    /// <param name="versionsOf">Also gives the versions of custom tools of these names that are not the default.</param>
    public async IAsyncEnumerable<OfferedTool> OfferedAsync(
        EnvironmentId environment,
        IReadOnlyList<string>? versionsOf,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        List<Connection> all = [];
        for (Guid? after = null; ; )
        {
            Page<ConnectionView> page = await connections.ListAsync(
                environment,
                new PageRequest(PageSize, after),
                cancellationToken
            );
            all.AddRange(page.Items.Select(view => view.Connection));
            if (page.Next is not { } next)
            {
                break;
            }

            after = next;
        }

        foreach (Connection connection in all.OrderBy(one => one.Name.Value, StringComparer.Ordinal))
        {
            ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
            IEnumerable<ToolDefinition> tools = await offered.OfAsync(connection, definition, cancellationToken);
            if (versionsOf is { Count: > 0 })
            {
                tools = tools.Concat(await offered.OthersAsync(connection, definition, versionsOf, cancellationToken));
            }

            foreach (ToolDefinition tool in tools)
            {
                yield return new OfferedTool(ToolNames.Of(connection, tool), tool, connection);
            }
        }
    }

    /// <summary>Why requests that the call's arguments hold may not be carried; null: they may, or there are none.</summary>
    public async Task<Problem?> ProblemWithCarriedAsync(
        ActingSubject subject,
        ScopedTool tool,
        ConnectorDefinition definition,
        ToolArguments arguments,
        CancellationToken cancellationToken
    ) =>
        tool.Tool.Definition.Carries is null
            ? null
            : CarriedCalls.ProblemWith(
                subject,
                tool,
                definition,
                arguments,
                [.. await offered.OfAsync(tool.Tool.Connection, definition, cancellationToken)],
                policy
            );

    public async Task<IReadOnlySet<string>> NamesOfAsync(Connection connection, CancellationToken cancellationToken)
    {
        ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
        return (await offered.OfAsync(connection, definition, cancellationToken))
            .Select(tool => ToolNames.Of(connection, tool))
            .ToHashSet(StringComparer.Ordinal);
    }

    private async Task<(Connection, ConnectorDefinition)?> OpenAsync(
        EnvironmentId environment,
        ConnectedAccount account,
        CancellationToken cancellationToken
    )
    {
        Result<ConnectionView> view = await connections.FindAsync(environment, account.Connection, cancellationToken);
        return view.Succeeded
            ? (
                view.Value.Connection,
                await catalog.GetAsync(view.Value.Connection.ConnectorRevision, cancellationToken)
            )
            : null;
    }

    /// <summary>All tools that are listed by default, or exactly those named.</summary>
    private static bool IsListed(Connection connection, ToolDefinition tool, IReadOnlyList<string> names) =>
        names.Count == 0 ? tool.IsDefault : IsNamed(connection, tool, names);

    private static bool IsNamed(Connection connection, ToolDefinition tool, IReadOnlyList<string> names) =>
        tool.Names.Any(bare => names.Contains(ToolNames.Of(connection, bare)));

    private static bool Fits(ScopedToolFilter filter, ConnectedAccount account) =>
        (filter.Connectors.Count == 0 || filter.Connectors.Contains(account.Connector))
        && (filter.ConnectionNames.Count == 0 || filter.ConnectionNames.Contains(account.ConnectionName.Value));
}
