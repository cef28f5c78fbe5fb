using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Behalf.Mcp;
using Behalf.Tools;

namespace Behalf.Server.Mcp;

/// <summary>
/// Tells listeners that their list of tools has changed, whatever changed it and on whichever node: an account, a grant, a
/// rule, a connection. It looks again each second, lets the listener in anew each time, and ends with their token, grant or
/// session. Each look is one <c>tools/list</c>, so there are few listeners for one visitor and a bound for all.
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

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, int> _listeners = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>A place to listen, until it is disposed.</summary>
    /// <returns>Null: there are too many already.</returns>
    public IDisposable? Enter(McpVisitor visitor)
    {
        Place place = new(this, visitor.Key);
        int all = Interlocked.Increment(ref _all);
        int own = _listeners.AddOrUpdate(visitor.Key, 1, (_, count) => count + 1);
        if (all <= MostOfAll && own <= MostOfOne)
        {
            return place;
        }

        place.Dispose();
        return null;
    }

    /// <returns>True for a change, false for a second without one. Ends when the visitor may no longer be here.</returns>
    public async IAsyncEnumerable<bool> LookAsync(
        McpVisitor visitor,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            lifetime.ApplicationStopping
        );
        IReadOnlyList<(string, string)> known = await ListAsync(visitor.Visit, ending.Token);
        using PeriodicTimer timer = new(Interval, time);
        while (await WaitAsync(timer, ending.Token))
        {
            Result<McpVisit> again = await servers.EnterAsync(visitor.Address, visitor.Token, ending.Token);
            if (!again.Succeeded)
            {
                yield break;
            }

            IReadOnlyList<(string, string)> now = await ListAsync(again.Value, ending.Token);
            bool changed = !now.SequenceEqual(known);
            known = now;
            yield return changed;
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

    /// <summary>False, not an exception, when the listener leaves or the server ends.</summary>
    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Leave(string key)
    {
        Interlocked.Decrement(ref _all);
        if (_listeners.AddOrUpdate(key, 0, (_, count) => count - 1) == 0)
        {
            _listeners.TryRemove(KeyValuePair.Create(key, 0));
        }
    }

    private sealed class Place(ToolListWatch watch, string key) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                watch.Leave(key);
            }
        }
    }
}
