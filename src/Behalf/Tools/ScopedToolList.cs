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
        List<Result<ScopedTool>> found = [];
        bool accountKnown = call.Account is null;
        foreach (ConnectedAccount account in await connections.AccountsOfAsync(subject, cancellationToken))
        {
            if (call.Account is { } wanted && account.Id != wanted)
            {
                continue;
            }

            accountKnown = true;
            if (call.Connection is { } named && account.ConnectionName != named)
            {
                continue;
            }

            if (
                await OpenAsync(subject.Environment, account, cancellationToken) is (var connection, var definition)
                && await offered.FindAsync(connection, definition, call.ToolName, cancellationToken) is { } meant
            )
            {
                found.Add(Check(subject, meant, definition, account));
            }
        }

        if (!accountKnown)
        {
            return Problem.NotFound("connected account");
        }

        List<ScopedTool> callable = [.. found.Where(one => one.Succeeded).Select(one => one.Value!)];
        return callable switch
        {
            [var only] => only,
            [_, ..] => ToolSentences.Ambiguous(call.ToolName, callable),
            _ when found is [var refused, ..] => refused,
            _ => await UnconnectedAsync(subject, call, cancellationToken),
        };
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

    /// <summary>The subject has no account that offers it: known in the environment, or not at all.</summary>
    private async Task<Result<ScopedTool>> UnconnectedAsync(
        ActingSubject subject,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        await foreach (OfferedTool tool in OfferedAsync(subject.Environment, null, cancellationToken))
        {
            if (tool.IsNamed(call.ToolName) && (call.Connection is null || tool.Connection.Name == call.Connection))
            {
                return policy.Decide(subject, tool.Connection, tool.Definition) is PolicyDecision.Deny deny
                    ? Problem.Forbidden(deny.Code, deny.Message)
                    : ToolSentences.NotConnected(subject, tool.Connection);
            }
        }

        return Problem.NotFound("tool");
    }

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
        names.Count == 0 ? tool.IsDefault : tool.Names.Any(bare => names.Contains(ToolNames.Of(connection, bare)));

    private static bool Fits(ScopedToolFilter filter, ConnectedAccount account) =>
        (filter.Connectors.Count == 0 || filter.Connectors.Contains(account.Connector))
        && (filter.ConnectionNames.Count == 0 || filter.ConnectionNames.Contains(account.ConnectionName.Value));
}
