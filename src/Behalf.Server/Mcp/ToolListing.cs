using Behalf.Tools;
using ModelContextProtocol.Protocol;

namespace Behalf.Server.Mcp;

/// <summary><c>tools/list</c>: the visitor's scoped list, in its stable order.</summary>
internal sealed class ToolListing(ITools tools, ConnectionsTool connections, WrittenTools written)
{
    /// <value>How long a client may go by it. Short: an account may be connected at any moment.</value>
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(10);

    /// <returns>Without the tools, which the visitor's answer takes as they are written (<see cref="McpDoor"/>).</returns>
    public async ValueTask<ListToolsResult> ListAsync(McpVisitor visitor, CancellationToken cancellationToken)
    {
        ScopedToolPage page = await tools.ListScopedAsync(
            visitor.Visit.Subject,
            new ScopedToolFilter(),
            new ToolPageRequest(int.MaxValue, 0),
            cancellationToken
        );
        visitor.Listed = written.Write(page.Tools, connections.Definition);
        return new ListToolsResult
        {
            Tools = [],
            CacheScope = CacheScope.Private,
            TimeToLive = TimeToLive,
        };
    }
}
