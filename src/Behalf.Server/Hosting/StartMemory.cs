namespace Behalf.Server.Hosting;

/// <summary>
/// What only the start needed: more than an idle server makes in an hour, so nobody else would collect it soon. For a process
/// that is the server's alone.
/// </summary>
internal static class StartMemory
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Allocated in a second by a server that nobody calls.</summary>
    private const long QuietBytes = 1024 * 1024;

    /// <summary>
    /// Collects once, in the first second without work: it stops the process for some ten milliseconds. A server that is
    /// never quiet collects by itself.
    /// </summary>
    /// <returns>Completes with it, or when the process ends.</returns>
    public static async Task GiveBackAsync(CancellationToken stopping)
    {
        using PeriodicTimer timer = new(Second, TimeProvider.System);
        try
        {
            for (long before = 0; await timer.WaitForNextTickAsync(stopping); )
            {
                long allocated = GC.GetTotalAllocatedBytes();
                if (before > 0 && allocated - before < QuietBytes)
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    return;
                }

                before = allocated;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server ends before it was quiet.
        }
    }
}
