using System.Data.Common;
using Behalf.Client;
using Behalf.RaceSuite.Judgement;
using Behalf.RaceSuite.Provider;
using Behalf.RaceSuite.Stage;

namespace Behalf.RaceSuite.Scenarios;

/// <summary>
/// A call starts when its intent commits, so three clocks judge: the callers' (what they send after the acknowledgement is
/// refused), the trail's (no intent comes after it), and the provider's (it never sees more calls than had begun by then).
/// </summary>
internal sealed class RevokedUnderCalls : Scenario
{
    private const int AtOnce = 5;
    private const int CallersPerNode = 2;

    /// <summary>How many calls each caller still makes once it knows of the acknowledgement.</summary>
    private const int CallsAfter = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public override string Name => "revoked-under-calls";

    public override string Rule =>
        "3,000 accounts (300 with --quick) are each revoked on both nodes at once while calls on both are under way: no call starts after the first acknowledgement";

    public override async Task PlayAsync(Arena arena, Findings findings)
    {
        Installation installation = await arena.TwoNodesAsync();
        IReadOnlyList<string> users = Users(arena.IsQuick ? 300 : 3_000);
        await installation.AdmitAsync(Habit.Steady, users);
        Random random = new(arena.Seed);
        List<(string User, TimeSpan Wait)> cast =
        [
            .. users.Select(user => (user, TimeSpan.FromMilliseconds(random.Next(30)))),
        ];
        Race[] races = new Race[users.Count];
        await Parallel.ForEachAsync(
            cast.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (one, _) => races[one.Index] = await OneAsync(installation, findings, one.Item.User, one.Item.Wait)
        );

        Judge judge = new(installation, findings);
        await judge.TrailIsWholeAsync();
        foreach (Race race in races)
        {
            long intents = await IntentsAsync(installation, race.User);
            findings.Expect(
                intents == race.Intents,
                $"{race.User}: {intents - race.Intents} calls started after the acknowledged revoke"
            );
            int calls = arena.Provider.Ledger.CallsOf(race.User);
            findings.Expect(
                calls <= race.Intents,
                $"{race.User}: the provider saw {calls} calls, {race.Intents} had started when the revoke was acknowledged"
            );
        }

        int overtaken = races.Sum(race => race.UnderWay);
        findings.Expect(overtaken > 0, "no revoke met a call that was under way");
        findings.Remark =
            $"{races.Length} races, {overtaken} calls under way at an acknowledgement, {races.Sum(race => race.Refused)} refused after one";
    }

    private static async Task<Race> OneAsync(Installation installation, Findings findings, string user, TimeSpan wait)
    {
        ConnectedAccount account = await installation.First.Client.Accounts.GetAsync(Habit.Steady.Slug(), user);
        Revoke revoke = new();
        Task<(int UnderWay, int Refused)>[] callers =
        [
            .. installation
                .Nodes.SelectMany(node => Enumerable.Repeat(node, CallersPerNode))
                .Select(node => CallAsync(findings, node, user, revoke)),
        ];
        Task<ConnectedAccount>[] revokes = [];
        try
        {
            await revoke.Begun.Task.WaitAsync(Patience, TimeProvider.System);
            await PauseAsync(wait);
            revokes = [.. installation.Nodes.Select(node => node.Client.Accounts.DisconnectAsync(account.Id))];
            await await Task.WhenAny(revokes); // who comes second may be told first: that it is done already
        }
        finally
        {
            revoke.IsAcknowledged = true; // or else the callers would go on for ever
        }

        findings.Broke();
        long intents = await IntentsAsync(installation, user);
        await Task.WhenAll(revokes);
        (int UnderWay, int Refused)[] counts = await Task.WhenAll(callers);
        return new Race(user, intents, counts.Sum(one => one.UnderWay), counts.Sum(one => one.Refused));
    }

    private static async Task<(int UnderWay, int Refused)> CallAsync(
        Findings findings,
        Node node,
        string user,
        Revoke revoke
    )
    {
        Caller caller = new(findings);
        (int underWay, int refused) = (0, 0);
        for (int after = 0; after < CallsAfter; )
        {
            bool isAfter = revoke.IsAcknowledged;
            Answer answer = await caller.WhoAsync(node, Habit.Steady, user);
            if (isAfter)
            {
                after++;
                refused += answer == Answer.MustConnect ? 1 : 0;
                findings.Expect(
                    answer != Answer.Own,
                    $"{user}: a call sent after the acknowledged revoke was answered"
                );
            }
            else if (answer == Answer.Own)
            {
                underWay += revoke.IsAcknowledged ? 1 : 0;
                revoke.Begun.TrySetResult();
            }
        }

        return (underWay, refused);
    }

    private static async Task<long> IntentsAsync(Installation installation, string user)
    {
        await using DbConnection connection = await installation.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM audit_record WHERE kind = 1 AND identifier = @user";
        DbParameter parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("user", user);
        command.Parameters.Add(parameter);
        return Convert.ToInt64(await command.ExecuteScalarAsync());
    }

    private sealed class Revoke
    {
        private volatile bool _isAcknowledged;

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsAcknowledged
        {
            get => _isAcknowledged;
            set => _isAcknowledged = value;
        }
    }

    /// <param name="Intents">On record when the revoke was acknowledged.</param>
    /// <param name="UnderWay">Calls sent before and answered after it.</param>
    private sealed record Race(string User, long Intents, int UnderWay, int Refused);
}
