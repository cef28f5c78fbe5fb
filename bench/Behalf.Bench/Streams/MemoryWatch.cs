using Behalf.Bench.Stage;

namespace Behalf.Bench.Streams;

/// <summary>Looks at a process's resident memory many times a second.</summary>
internal static class MemoryWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <returns>Before, and the most while the work ran; in bytes.</returns>
    public static async Task<(long Before, long Most)> DuringAsync(ServerProcess process, Func<Task> work)
    {
        long before = process.Memory();
        long most = before;
        Task working = work();
        while (!working.IsCompleted)
        {
            most = Math.Max(most, process.Memory());
            await Task.WhenAny(working, Task.Delay(Pause, TimeProvider.System));
        }

        await working;
        return (before, Math.Max(most, process.Memory()));
    }
}
