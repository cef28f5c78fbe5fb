using System.Collections.Concurrent;
using Behalf.Mcp;
using Behalf.Tools;

namespace Behalf.Server.Mcp;

/// <summary>
/// Those who listen for changes of their list of tools. Each one costs a <c>tools/list</c> a second, so there are few for
/// one visitor and a bound for all.
/// </summary>
internal sealed class ToolListWatch(
    IMcpServers servers,
    ITools tools,
    TimeProvider time,
    IHostApplicationLifetime lifetime
)
{
    private const int MostOfOne = 8;
    private const int MostOfAll = 1_000;

    private readonly ConcurrentDictionary<string, int> _listeners = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>From its return on, every change is told.</summary>
    /// <returns>Null: there are too many already.</returns>
    public async Task<ToolListListener?> EnterAsync(McpVisitor visitor, CancellationToken cancellationToken)
    {
        int all = Interlocked.Increment(ref _all);
        int own = _listeners.AddOrUpdate(visitor.Key, 1, (_, count) => count + 1);
        if (all > MostOfAll || own > MostOfOne)
        {
            Leave(visitor.Key);
            return null;
        }

        try
        {
            IReadOnlyList<(string, string)> first = await ListAsync(visitor.Visit, cancellationToken);
            visitor.LeavePlace(); // those who listen are bounded here
            return new ToolListListener(this, visitor, first);
        }
        catch
        {
            Leave(visitor.Key);
            throw;
        }
    }

    public TimeProvider Time => time;

    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <returns>Null: the visitor may no longer be here.</returns>
    public async Task<IReadOnlyList<(string Name, string Hash)>?> LookAsync(
        McpVisitor visitor,
        CancellationToken cancellationToken
    )
    {
        Result<McpVisit> again = await servers.EnterAsync(visitor.Address, visitor.Token, cancellationToken);
        return again.Succeeded ? await ListAsync(again.Value, cancellationToken) : null;
    }

    public void Leave(string key)
    {
        Interlocked.Decrement(ref _all);
        if (_listeners.AddOrUpdate(key, 0, (_, count) => count - 1) == 0)
        {
            _listeners.TryRemove(KeyValuePair.Create(key, 0));
        }
    }

    private async Task<IReadOnlyList<(string Name, string Hash)>> ListAsync(
        McpVisit visit,
        CancellationToken cancellationToken
    )
    {
        ScopedToolPage page = await tools.ListScopedAsync(
            visit.Subject,
            new ScopedToolFilter(),
            new ToolPageRequest(int.MaxValue, 0),
            cancellationToken
        );
        return [.. page.Tools.Select(scoped => (scoped.Tool.ShownName, scoped.Tool.Hash))];
    }
}
