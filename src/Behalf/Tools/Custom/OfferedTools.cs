using System.Collections.Concurrent;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Connectors.Remote;
using Microsoft.Extensions.Logging;

namespace Behalf.Tools.Custom;

/// <summary>
/// The tools a connection has: those of its connector's revision, then the default versions of the environment's own.
/// A connector's tool wins over a custom one of its name. A remote server's tool that changed since it was accepted is none. Safe to call concurrently.
/// </summary>
internal sealed partial class OfferedTools(ICustomToolStore store, IRemoteListings remote, ILogger<OfferedTools> logger)
{
    /// <value>Of readings kept; all are forgotten when there are more.</value>
    private const int MostKept = 2_000;

    /// <summary>Versions never change, so what they read as in a revision never does either.</summary>
    private readonly ConcurrentDictionary<(string Revision, ToolId, ToolVersion), ToolDefinition?> _read = new();

    public async Task<IReadOnlyList<ToolDefinition>> OfAsync(
        Connection connection,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    )
    {
        IReadOnlySet<string> changed = await remote.ChangedAsync(connection.Environment, definition, cancellationToken);
        return
        [
            .. changed.Count == 0 ? definition.Tools : definition.Tools.Where(tool => !changed.Contains(tool.Name)),
            .. await CustomAsync(connection, definition, cancellationToken),
        ];
    }

    /// <summary>The tool of a connection that a caller means by one of its names, exactly; null when it has none.</summary>
    public async ValueTask<OfferedTool?> FindAsync(
        Connection connection,
        ConnectorDefinition definition,
        string name,
        CancellationToken cancellationToken
    )
    {
        if (ToolNames.Find(connection, definition, name) is { } own)
        {
            return own;
        }

        ToolDefinition? custom = name.StartsWith($"{connection.ToolPrefix}_", StringComparison.Ordinal)
            ? (await CustomAsync(connection, definition, cancellationToken)).FirstOrDefault(tool =>
                ToolNames.Of(connection, tool) == name
            )
            : null;
        return custom is null ? null : new OfferedTool(name, custom, connection);
    }

    /// <summary>The versions of custom tools of these names that are not the default, for who decides which one is.</summary>
    public async Task<IReadOnlyList<ToolDefinition>> OthersAsync(
        Connection connection,
        ConnectorDefinition definition,
        IReadOnlyList<string> names,
        CancellationToken cancellationToken
    ) =>
        [
            .. (await store.ListAsync(connection.Environment, cancellationToken))
                .Where(tool =>
                    tool.Connector == connection.Connector
                    && !tool.IsDefault
                    && names.Contains($"{connection.ToolPrefix}_{tool.Name}")
                )
                .Select(tool => Read(tool, definition))
                .OfType<ToolDefinition>(),
        ];

    private async Task<IReadOnlyList<ToolDefinition>> CustomAsync(
        Connection connection,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    )
    {
        List<ToolDefinition> tools = [];
        foreach (
            CustomTool tool in await store.ListDefaultsAsync(
                connection.Environment,
                connection.Connector,
                cancellationToken
            )
        )
        {
            if (Read(tool, definition) is { } read && definition.Find(read.Name) is null)
            {
                tools.Add(read);
            }
        }

        return tools;
    }

    /// <returns>Null when this revision of the connector cannot carry it; the log says why.</returns>
    private ToolDefinition? Read(CustomTool tool, ConnectorDefinition definition)
    {
        (string, ToolId, ToolVersion) key = (definition.Revision, tool.Id, tool.Version);
        if (_read.TryGetValue(key, out ToolDefinition? known))
        {
            return known;
        }

        Result<ToolDefinition> read = CustomToolReader.Read(tool, definition);
        if (!read.Succeeded)
        {
            Log.NotOffered(logger, tool.Id, definition.Slug, definition.Revision, read.Problem.Message);
        }

        if (_read.Count >= MostKept)
        {
            _read.Clear();
        }

        return _read.GetOrAdd(key, read.Value);
    }

    private static partial class Log
    {
        [LoggerMessage(
            3210,
            LogLevel.Warning,
            "The custom tool {Tool} is not offered with {Connector} of revision {Revision}: {Reason}"
        )]
        public static partial void NotOffered(
            ILogger logger,
            ToolId tool,
            string connector,
            string revision,
            string reason
        );
    }
}
