using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Scenarios;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Soak;

internal sealed class Soaking(TimeSpan length) : Scenario
{
    private const int PerSecond = 25;

    /// <value>Refreshes that one process has under way at a time, at this load.</value>
    private const int MostUnderWay = 8;

    private const int PerHabit = 40;
    private static readonly TimeSpan TokensLive = TimeSpan.FromSeconds(20);

    public override string Name => "soak";

    public override string Rule =>
        $"{PerSecond} calls a second for {length}, tokens that live {TokensLive.TotalSeconds:0} s, and something broken all the time: nothing lost";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        Random random = new(arena.Seed);
        List<(Habit Habit, string User)> users =
        [
            .. Enum.GetValues<Habit>().SelectMany(habit => Users(PerHabit, habit.Slug()).Select(user => (habit, user))),
        ];
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            await installation.AdmitAsync(habit, Users(PerHabit, habit.Slug()));
        }

        SteadyLoad load = new(installation, findings, users, new Random(arena.Seed + 1));
        Breaking breaking = new(arena, installation, findings, load, random);
        arena.Provider.Ledger.AccessLifetime = TokensLive;
        Random weather = new(arena.Seed + 2);
        arena.Provider.Weather = grant =>
        {
            lock (weather)
            {
                return Breaking.Weather(grant, weather);
            }
        };
        int before = arena.Provider.FaultsPlayed;
        try
        {
            await EndAllAsync(installation, isDue: true);
            using CancellationTokenSource time = new(length, TimeProvider.System);
            await Task.WhenAll(
                load.RunAsync(PerSecond, time.Token),
                breaking.RunAsync(time.Token),
                breaking.RotateAsync(time.Token),
                WatchAsync(installation, load, time.Token)
            );
        }
        finally
        {
            arena.Provider.Weather = null;
            arena.Provider.Ledger.AccessLifetime = TimeSpan.FromHours(1);
        }

        int atProvider = arena.Provider.FaultsPlayed - before;
        findings.Broke(atProvider);
        await arena.TwoNodesAsync(); // those that were down are up
        await EndAllAsync(installation, isDue: false);
        await load.JudgeAsync(arena.Provider.Ledger);
        Judge judge = new(installation, findings);
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            // With a grace a lost reply costs nothing; the loss of the probe that follows ends the account (decision 40).
            await judge.NothingLostAsync(
                habit,
                Users(PerHabit, habit.Slug()),
                user =>
                    habit == Habit.Strict
                    || (habit == Habit.Grace && arena.Provider.Ledger.Find(habit, user) is { Repeats: > 0 })
            );
        }

        findings.Expect(
            findings.Stated <= breaking.Kills * MostUnderWay,
            $"{findings.Stated} accounts lost their pair, more than can have been under way in {breaking.Kills} killed processes"
        );
        findings.Expect(breaking.Rotations > 0, "no key was rotated");
        await judge.TrailIsWholeAsync();
        findings.Remark =
            $"{load.Sent} calls sent ({load.Sent / length.TotalSeconds:0.0} a second, {load.Held} held back), {load.Answered} answered; "
            + $"calm: p50 {load.Calm.At(0.5):0} ms, p99 {load.Calm.At(0.99):0} ms; faults: {breaking.Summary}, {atProvider} at the provider";
    }

    private async Task EndAllAsync(Installation installation, bool isDue)
    {
        foreach (Habit habit in Enum.GetValues<Habit>())
        {
            await installation.LetTokensEndAsync(habit, Users(PerHabit, habit.Slug()), isDue);
        }
    }

    private static async Task WatchAsync(
        Installation installation,
        SteadyLoad load,
        CancellationToken cancellationToken
    )
    {
        long began = TimeProvider.System.GetTimestamp();
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(30), TimeProvider.System);
        Console.WriteLine(
            $"  {"time", 6} {"sent", 7} {"answered", 8} {"p50 ms", 7} {"p99 ms", 7}  memory of the nodes, MB"
        );
        while (true)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            Latencies recent = load.TakeRecent();
            string memory = string.Join(' ', installation.Nodes.Select(node => $"{node.Memory() / 1_000_000, 4}"));
            Console.WriteLine(
                $"  {TimeProvider.System.GetElapsedTime(began).TotalSeconds, 5:0}s {load.Sent, 7} {load.Answered, 8} "
                    + $"{recent.At(0.5), 7:0} {recent.At(0.99), 7:0}  {memory}"
            );
        }
    }
}
