using System.Collections.Concurrent;
using Behalf.Audit;
using Behalf.Connectors.Steps;

namespace Behalf.Connectors.Remote;

/// <summary>Keeps lists as revisions of the environment's own connector, so that all nodes agree and each can be accepted.</summary>
internal sealed class RemoteListings(
    IConnectorRevisionStore store,
    IConnectorCatalog catalog,
    IRemoteDefinitions definitions,
    TimeProvider time
) : IRemoteListings
{
    private const string System = "system";
    private const int MostKept = 10_000;
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(EnvironmentId, string Revision), DateTimeOffset> _seen = new();

    private readonly ConcurrentDictionary<string, string> _spoken = new(StringComparer.Ordinal);

    public string? Spoken(ConnectorDefinition definition) => _spoken.GetValueOrDefault(definition.Revision);

    public void Remember(ConnectorDefinition definition, string spoken)
    {
        if (_spoken.Count > MostKept)
        {
            _spoken.Clear();
        }

        _spoken[definition.Revision] = spoken;
    }

    public bool IsFresh(EnvironmentId environment, ConnectorDefinition definition) =>
        _seen.TryGetValue((environment, definition.Revision), out DateTimeOffset at)
        && time.GetUtcNow() - at < Freshness;

    public async Task<RemoteDifference> ReceiveAsync(
        EnvironmentId environment,
        ConnectorDefinition definition,
        IReadOnlyList<RemoteTool> tools,
        CancellationToken cancellationToken
    )
    {
        ConnectorDefinition newest =
            await catalog.FindLatestAsync(environment, definition.Slug, cancellationToken) ?? definition;
        if (!Difference(newest, tools).IsNone)
        {
            await KeepAsync(environment, newest, tools, cancellationToken);
        }

        RemoteDifference difference = Difference(definition, tools);
        if (difference.Changed.Count == 0)
        {
            if (_seen.Count > MostKept)
            {
                _seen.Clear();
            }

            _seen[(environment, definition.Revision)] = time.GetUtcNow();
        }

        return difference;
    }

    public async Task<IReadOnlySet<string>> ChangedAsync(
        EnvironmentId environment,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    )
    {
        if (
            definition.Remote is null
            || await catalog.FindLatestAsync(environment, definition.Slug, cancellationToken) is not { } newest
            || newest.Revision == definition.Revision
        )
        {
            return new HashSet<string>();
        }

        Dictionary<string, string> now = Pins(newest)
            .ToDictionary(pin => pin.Step.Tool, pin => pin.Step.Pin, StringComparer.Ordinal);
        return Pins(definition)
            .Where(pin => now.GetValueOrDefault(pin.Step.Tool) != pin.Step.Pin)
            .Select(pin => pin.Tool.Name)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>A list that another node kept meanwhile is as good as ours: it is compared again at the next call.</summary>
    private async Task KeepAsync(
        EnvironmentId environment,
        ConnectorDefinition newest,
        IReadOnlyList<RemoteTool> tools,
        CancellationToken cancellationToken
    )
    {
        string? document = await store.FindAsync(newest.Revision, cancellationToken);
        if (document is null || definitions.WithTools(document, tools) is not { Document: var next })
        {
            return;
        }

        Result<ConnectorDefinition> read = catalog.Read(next);
        if (!read.Succeeded || read.Value.Revision == newest.Revision)
        {
            return;
        }

        Traces traces = Traces.Of(
            new AuditDraft
            {
                Environment = environment,
                Kind = AuditKind.Admin,
                Action = "connector.changed_at_server",
                Principal = System,
                Outcome = CallOutcomes.Success,
                Detail = $"{newest.Slug} {read.Value.Revision}",
            }
        );
        await store.SetOwnAsync(
            environment,
            newest.Slug,
            newest.Revision,
            read.Value.Revision,
            next,
            traces,
            cancellationToken
        );
    }

    /// <summary>A tool that the format cannot have is neither changed nor added: it was left out before, too.</summary>
    private RemoteDifference Difference(ConnectorDefinition definition, IReadOnlyList<RemoteTool> tools)
    {
        Dictionary<string, string> listed = new(StringComparer.Ordinal);
        foreach (RemoteTool tool in tools)
        {
            listed.TryAdd(tool.Name, tool.Pin);
        }

        (ToolDefinition Tool, McpStep Step)[] pinned = [.. Pins(definition)];
        string[] changed =
        [
            .. pinned
                .Where(pin => listed.GetValueOrDefault(pin.Step.Tool) != pin.Step.Pin)
                .Select(pin => pin.Tool.Name),
        ];
        string[] unknown = [.. listed.Keys.Where(name => pinned.All(pin => pin.Step.Tool != name))];
        if (unknown.Length == 0)
        {
            return new RemoteDifference(changed, []);
        }

        RemoteTool[] candidates = [.. tools.Where(tool => unknown.Contains(tool.Name, StringComparer.Ordinal))];
        HashSet<string> leftOut = definitions
            .Write(HeadOf(definition), candidates)
            .LeftOut.Select(one => one.Tool)
            .ToHashSet(StringComparer.Ordinal);
        return new RemoteDifference(changed, [.. unknown.Where(name => !leftOut.Contains(name))]);
    }

    private static RemoteHead HeadOf(ConnectorDefinition definition) =>
        new()
        {
            Slug = definition.Slug,
            Name = definition.Name,
            Description = definition.Description,
            Server = definition.BaseUrl,
        };

    private static IEnumerable<(ToolDefinition Tool, McpStep Step)> Pins(ConnectorDefinition definition) =>
        definition
            .Tools.Select(tool => (tool, Step: tool.Procedure.Compiled.Steps.OfType<McpStep>().FirstOrDefault()))
            .Where(pair => pair.Step is not null)
            .Select(pair => (pair.tool, pair.Step!));
}
