using System.Runtime.CompilerServices;

namespace Behalf.Server.Mcp;

/// <summary>
/// One who listens: told that the list has changed, whatever changed it and on whichever node (an account, a grant, a rule,
/// a connection). It looks again each second, is let in anew each time, and ends with its token, grant or sign-in.
/// </summary>
internal sealed class ToolListListener(
    ToolListWatch watch,
    McpVisitor visitor,
    IReadOnlyList<(string Name, string Hash)> first
) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private int _left;

    /// <returns>True for a change, false for a second without one. Ends when the visitor may no longer be here.</returns>
    public async IAsyncEnumerable<bool> LookAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            watch.Stopping
        );
        IReadOnlyList<(string, string)> known = first;
        using PeriodicTimer timer = new(Interval, watch.Time);
        while (await WaitAsync(timer, ending.Token))
        {
            RequestMoment.Begin(); // each look is one of its own, though the request is long
            if (await watch.LookAsync(visitor, ending.Token) is not { } now)
            {
                yield break;
            }

            bool changed = !now.SequenceEqual(known);
            known = now;
            yield return changed;
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            watch.Leave(visitor.Key);
        }
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
}
