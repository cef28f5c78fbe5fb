using System.Diagnostics;

namespace Behalf.RaceSuite.Stage;

/// <summary>
/// A network namespace of its own, with cables (pairs of virtual interfaces) from here. A cable that is pulled carries
/// nothing, and nobody is told. Needs root and a kernel that allows it.
/// </summary>
internal sealed class Cables : IAsyncDisposable
{
    /// <summary>Of RFC 2544, for tests: no real network has it.</summary>
    public const string Network = "198.18.0.0/15";

    private readonly string _name = $"behalf-{Environment.ProcessId}";
    private readonly int _count;
    private readonly int _third = Environment.ProcessId % 250;

    private Cables(int count) => _count = count;

    public IEnumerable<string> InsideAddresses => Enumerable.Range(0, _count).Select(Inside);

    /// <returns>Null: not permitted or not possible here.</returns>
    public static async Task<Cables?> TryLayAsync(int count)
    {
        if (!Environment.IsPrivilegedProcess || !Programs.Has("ip"))
        {
            return null;
        }

        Cables cables = new(count);
        Aftercare.Of(cables, cables.Remove);
        try
        {
            await IpAsync("netns", "add", cables._name);
            for (int i = 0; i < count; i++)
            {
                await cables.LayAsync(i);
            }

            return cables;
        }
        catch (StageException)
        {
            await cables.DisposeAsync();
            return null;
        }
    }

    /// <summary>The address of the namespace's end of a cable.</summary>
    public string Inside(int cable) => $"198.18.{_third}.{(cable * 4) + 2}";

    public Task PullAsync(int cable) => IpAsync("-n", _name, "link", "set", InnerEnd(cable), "down");

    public Task PlugInAsync(int cable) => IpAsync("-n", _name, "link", "set", InnerEnd(cable), "up");

    public Task RunInsideAsDatabaseUserAsync(string program, params string[] arguments) =>
        Programs.RunAsync(
            "ip",
            ["netns", "exec", _name, "runuser", "-u", Programs.DatabaseUser, "--", program, .. arguments]
        );

    public ValueTask DisposeAsync()
    {
        Aftercare.Done(this);
        Remove();
        return ValueTask.CompletedTask;
    }

    private async Task LayAsync(int cable)
    {
        await IpAsync([
            "link",
            "add",
            OuterEnd(cable),
            "type",
            "veth",
            "peer",
            "name",
            InnerEnd(cable),
            "netns",
            _name,
        ]);
        await IpAsync("addr", "add", $"198.18.{_third}.{(cable * 4) + 1}/30", "dev", OuterEnd(cable));
        await IpAsync("-n", _name, "addr", "add", $"{Inside(cable)}/30", "dev", InnerEnd(cable));
        await IpAsync("link", "set", OuterEnd(cable), "up");
        await IpAsync("-n", _name, "link", "set", InnerEnd(cable), "up");
    }

    /// <summary>The cables go with the namespace that holds their other ends.</summary>
    private void Remove()
    {
        using Process process = Process.Start(
            new ProcessStartInfo("ip", ["netns", "delete", _name])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            }
        )!;
        process.WaitForExit();
    }

    private string OuterEnd(int cable) => $"bh{_third}o{cable}";

    private static string InnerEnd(int cable) => $"db{cable}";

    private static Task IpAsync(params string[] arguments) => Programs.RunAsync("ip", arguments);
}
