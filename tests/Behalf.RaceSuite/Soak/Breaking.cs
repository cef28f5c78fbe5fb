using Behalf.Client;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Soak;

/// <summary>Breaks one thing after another and mends it, in an order that the seed gives.</summary>
internal sealed class Breaking(
    Arena arena,
    Installation installation,
    Findings findings,
    SteadyLoad load,
    Random random
)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly SortedDictionary<string, int> _done = new(StringComparer.Ordinal);

    private int _refused;

    public string Summary =>
        $"{string.Join(", ", _done.Select(one => $"{one.Value} {one.Key}"))} (and {_refused} refused meanwhile)";

    /// <value>Processes that died with what they had under way.</value>
    public int Kills => _done.GetValueOrDefault("kills");

    public int Rotations => _done.GetValueOrDefault("key rotations");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        (string Name, Func<Task> Play)[] ways =
        [
            ("kills", KillAsync),
            ("pauses", PauseAsync),
            ("database crashes", CrashDatabaseAsync),
            ("network cuts (by a proxy that passes nothing on)", CutAsync),
        ];
        for (int turn = random.Next(ways.Length); !cancellationToken.IsCancellationRequested; turn++)
        {
            if (!await WaitAsync(Rest, cancellationToken))
            {
                return;
            }

            (string name, Func<Task> play) = ways[turn % ways.Length];
            load.IsCalm = false;
            await play();
            Played(name);
            await WaitAsync(Rest / 2, cancellationToken); // until what waited is answered
            load.IsCalm = true;
        }
    }

    /// <summary>Rotates the ring's keys all the while, whatever else is broken; a node that is down is asked again later.</summary>
    public async Task RotateAsync(CancellationToken cancellationToken)
    {
        string[] kinds = ["data", "token_signing", "audit_signing"];
        for (int turn = 0; await WaitAsync(Rest * 2, cancellationToken); )
        {
            try
            {
                using BehalfClient admin = installation.Operator();
                await admin.Keys.RotateAsync(kinds[turn % kinds.Length], cancellationToken);
                Played("key rotations");
                turn++;
            }
            catch (Exception failure) when (failure is BehalfException or OperationCanceledException)
            {
                _refused++;
            }
        }
    }

    private void Played(string name)
    {
        findings.Broke();
        lock (_done)
        {
            _done[name] = _done.GetValueOrDefault(name) + 1;
        }
    }

    private Node Any => installation.Nodes[random.Next(installation.Nodes.Count)];

    private async Task KillAsync()
    {
        Node node = Any;
        await node.KillAsync();
        await node.StartAsync();
    }

    private async Task PauseAsync()
    {
        Node node = Any;
        node.Pause();
        await WaitAsync(TimeSpan.FromSeconds(random.Next(2, 10)), CancellationToken.None);
        node.Resume();
    }

    private async Task CrashDatabaseAsync()
    {
        await arena.Cluster.CrashAsync();
        await WaitAsync(TimeSpan.FromSeconds(random.Next(1, 4)), CancellationToken.None);
        await arena.Cluster.StartAsync();
    }

    private async Task CutAsync()
    {
        arena.Network.Cut();
        await WaitAsync(TimeSpan.FromSeconds(random.Next(2, 10)), CancellationToken.None);
        arena.Network.Mend();
    }

    private static async Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(time, TimeProvider.System, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What goes wrong at the provider all the time; never a strict pair that is given and lost on the way.</summary>
    public static TokenFault? Weather(Grant grant, Random random) =>
        random.Next(100) switch
        {
            < 2 => new TokenFault { Status = 503 },
            < 3 => new TokenFault { Status = 429 },
            < 5 => new TokenFault { Delay = TimeSpan.FromSeconds(2) },
            < 7 when grant.Habit != Habit.Strict => new TokenFault { IsReplyLost = true },
            < 8 => new TokenFault { IsReplyLost = true, IsCarriedOut = false },
            _ => null,
        };
}
