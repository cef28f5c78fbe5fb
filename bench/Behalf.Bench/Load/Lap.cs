using Behalf.Bench.Stage;
using Behalf.RaceSuite.Stage;

namespace Behalf.Bench.Load;

/// <summary>Runs one course once, and judges every answer while it does.</summary>
internal sealed class Lap(Nginx upstream)
{
    private readonly HttpClient _client = new();

    /// <exception cref="StageException">An answer failed, was another user's, or did not come from the upstream.</exception>
    public async Task<Measurement> RunAsync(Course course, int connections, TimeSpan length)
    {
        long before = await upstream.RequestsAsync(_client);
        TimeSpan cpu = course.Cpu();
        using CancellationTokenSource stop = new();
        Task<int> watching = new OwnerWatch(course.Address, course.Watched).RunAsync(stop.Token);
        Seen seen = await course.Generator.RunAsync(course.Address, connections, length);
        await stop.CancelAsync();
        int looked = await watching;
        cpu = course.Cpu() - cpu;
        long asked = await upstream.RequestsAsync(_client) - before - 1;
        if (seen.Failed > 0)
        {
            throw new StageException($"{course.Name}: {seen.Failed} of {seen.Answered + seen.Failed} requests failed.");
        }

        if (upstream.Foreign is { Length: > 0 } foreign)
        {
            throw new StageException($"{course.Name}: the upstream was given another user's token: {foreign}");
        }

        // A call whose answer the end of the run before cut off may be repeated, and is answered from memory then.
        if (course.ReachesUpstream && asked < seen.Answered + looked - connections)
        {
            throw new StageException(
                $"{course.Name}: {seen.Answered + looked} answers, but the upstream was asked {asked} times."
            );
        }

        return new Measurement(
            course,
            connections,
            seen,
            cpu.TotalMicroseconds / (seen.Answered + looked),
            course.Process.Memory()
        );
    }
}
