using System.Text.Json;
using Behalf.Connectors;
using Behalf.Mcp;
using Behalf.Tools;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary><c>tools/list</c>: the visitor's scoped list, in its stable order.</summary>
internal sealed class ToolListing(ITools tools, ConnectionsTool connections)
{
    /// <value>How long a client may go by it. Short: an account may be connected at any moment.</value>
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    public async ValueTask<ListToolsResult> ListAsync(McpVisit visit, CancellationToken cancellationToken)
    {
        ScopedToolPage page = await tools.ListScopedAsync(
            visit.Subject,
            new ScopedToolFilter(),
            new ToolPageRequest(int.MaxValue, 0),
            cancellationToken
        );
        return new ListToolsResult
        {
            Tools = [.. page.Tools.Select(scoped => ToWire(scoped.Tool)), connections.Definition],
            CacheScope = CacheScope.Private,
            TimeToLive = TimeToLive,
        };
    }

    private static Tool ToWire(OfferedTool tool) =>
        new()
        {
            Name = tool.ShownName,
            Title = tool.Definition.Title,
            Description = tool.Description,
            InputSchema = JsonSerializer.SerializeToElement(tool.InputSchema),
            Annotations = new ToolAnnotations
            {
                Title = tool.Definition.Title,
                ReadOnlyHint = tool.Definition.Hints.HasFlag(ToolHints.ReadOnly),
                DestructiveHint = tool.Definition.Hints.HasFlag(ToolHints.Destructive),
                IdempotentHint = tool.Definition.Hints.HasFlag(ToolHints.Idempotent),
                OpenWorldHint = true, // each one talks to a provider
            },
        };
}
