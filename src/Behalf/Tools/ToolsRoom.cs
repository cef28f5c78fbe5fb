using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Identity;
using Behalf.Policy;
using Behalf.Tools.Custom;

namespace Behalf.Tools;

/// <summary>The room's entry.</summary>
internal sealed class ToolsRoom(
    ScopedToolList scoped,
    ToolExecution execution,
    CustomTools custom,
    ToolExplainer explainer,
    ToolStyle style,
    IReconnectLinks links
) : ITools
{
    public async Task<ScopedToolPage> ListScopedAsync(
        ActingSubject subject,
        ScopedToolFilter filter,
        ToolPageRequest page,
        CancellationToken cancellationToken
    )
    {
        string? naming = await style.OfAsync(subject.Environment, cancellationToken);
        (IReadOnlyList<ScopedTool> tools, var accounts) = await scoped.ListAsync(
            subject,
            filter,
            naming,
            cancellationToken
        );
        return new ScopedToolPage([.. tools.Skip(page.Offset).Take(page.Size)], tools.Count, accounts);
    }

    public async Task<IReadOnlyList<ScopedTool>> SearchAsync(
        ActingSubject subject,
        string query,
        int most,
        CancellationToken cancellationToken
    )
    {
        string? naming = await style.OfAsync(subject.Environment, cancellationToken);
        (IReadOnlyList<ScopedTool> tools, _) = await scoped.ListAsync(
            subject,
            new ScopedToolFilter { All = true },
            naming,
            cancellationToken
        );
        return [.. ToolWords.Rank(tools, query).Take(most)];
    }

    public async Task<ToolPage> ListAsync(
        Principal principal,
        ToolFilter filter,
        ToolPageRequest page,
        CancellationToken cancellationToken
    )
    {
        if (principal.Environment is not { } environment)
        {
            return new ToolPage([], 0);
        }

        string? naming = await style.OfAsync(environment, cancellationToken);
        List<OfferedTool> tools = [];
        IReadOnlyList<string>? versionsOf = filter.AllVersions ? filter.ToolNames : null;
        await foreach (OfferedTool tool in scoped.OfferedAsync(environment, versionsOf, cancellationToken))
        {
            bool allowed = ConnectionPolicy.Decide(principal, tool.Connection, tool.Definition) is PolicyDecision.Allow;
            if (allowed && Fits(filter, tool))
            {
                tools.Add(tool.Shown(filter.ToolNames, naming));
            }
        }

        return new ToolPage([.. tools.Skip(page.Offset).Take(page.Size)], tools.Count);
    }

    public Task<IReadOnlySet<string>> NamesOfAsync(Connection connection, CancellationToken cancellationToken) =>
        scoped.NamesOfAsync(connection, cancellationToken);

    public async Task<Result<ToolAnswer>> ExecuteAsync(
        ActingSubject subject,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        Result<ToolAnswer> answer = await execution.RunAsync(subject, call, cancellationToken);
        return answer.Succeeded ? answer : await links.AddToAsync(subject, answer.Problem, cancellationToken);
    }

    public Task<Result<ToolDefinition>> CreateAsync(
        Principal principal,
        NewTool tool,
        CancellationToken cancellationToken
    ) => custom.CreateAsync(principal, tool, cancellationToken);

    public Task<Result<ToolDefinition>> UpdateAsync(
        Principal principal,
        ToolId id,
        NewTool tool,
        CancellationToken cancellationToken
    ) => custom.UpdateAsync(principal, id, tool, cancellationToken);

    public Task<Result<ToolDefinition>> SetDefaultAsync(
        Principal principal,
        string name,
        ToolVersion version,
        CancellationToken cancellationToken
    ) => custom.SetDefaultAsync(principal, name, version, cancellationToken);

    public Task<Result<Done>> DeleteAsync(Principal principal, ToolId id, CancellationToken cancellationToken) =>
        custom.DeleteAsync(principal, id, cancellationToken);

    public Task<Explanation> ExplainAsync(ActingSubject subject, ToolCall call, CancellationToken cancellationToken) =>
        explainer.ExplainAsync(subject, call, cancellationToken);

    private static bool Fits(ToolFilter filter, OfferedTool tool) =>
        (filter.Connector is null || tool.Connection.Connector == filter.Connector)
        && (filter.ConnectionName is null || tool.Connection.Name.Value == filter.ConnectionName)
        && (filter.WithinConnections?.Contains(tool.Connection.Name.Value) ?? true)
        && (
            filter.ToolNames.Count == 0
                ? filter.Query is not null || tool.Definition.IsDefault
                : filter.ToolNames.Any(tool.IsNamed)
        )
        && (filter.Query is null || ToolWords.Fit(tool, filter.Query));
}
