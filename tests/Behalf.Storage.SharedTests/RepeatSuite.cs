using System.Text;
using Behalf.Audit;
using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

/// <summary>A key is used with its intent, and holds what its repeats get.</summary>
public abstract class RepeatSuite : StoreTests
{
    private static CallKey Key(string name = "a", string content = "c", bool isNamed = true) =>
        new()
        {
            Value = Hex(name),
            Content = Hex(content),
            IsNamed = isNamed,
        };

    private static string Hex(string text) => Digest.Of(text).Hex;

    private async Task<CallIntent> IntentAsync(ConnectedAccount account, CallKey key, bool writes = true) =>
        await Acme.IntentAsync(account) with
        {
            Key = key,
            Writes = writes,
        };

    private async Task<CallIntent> StartedAsync(ConnectedAccount account, CallKey key, bool writes = true)
    {
        CallIntent intent = await IntentAsync(account, key, writes);
        (await Storage.Audit.StartAsync(intent, Cancellation)).Should().BeOfType<StartResult.Started>();
        return intent;
    }

    private async Task<PriorCall> RepeatedAsync(ConnectedAccount account, CallKey key, bool writes = true)
    {
        StartResult result = await Storage.Audit.StartAsync(await IntentAsync(account, key, writes), Cancellation);
        return result.Should().BeOfType<StartResult.Repeated>().Which.Prior;
    }

    private Task EndAsync(CallIntent intent, CallState state, TimeSpan? repeatableFor = null) =>
        Storage.Audit.CompleteAsync(
            CallRecords.Completion(intent, new CallCompletion(CallOutcomes.Success)),
            intent.Subject.Principal.ClientId,
            intent.Key!,
            new CallEnd(state, Encoding.UTF8.GetBytes($"sealed {state}"), repeatableFor ?? CallKey.RepeatWindow),
            Cancellation
        );

    [Fact]
    public async Task Key_StartsOneCall_WhenManyCallersBringItAtOnce()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent[] intents = await AtOnceAsync(20, _ => IntentAsync(account, Key()));

        StartResult[] results = await AtOnceAsync(20, i => Storage.Audit.StartAsync(intents[i], Cancellation));

        ExecutionId started = results
            .OfType<StartResult.Started>()
            .Should()
            .ContainSingle()
            .Which.Call.Intent.Execution;
        results
            .OfType<StartResult.Repeated>()
            .Should()
            .HaveCount(19)
            .And.OnlyContain(repeat => repeat.Prior.Execution == started && repeat.Prior.State == CallState.Running);
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Kind == AuditKind.Intent);
    }

    [Fact]
    public async Task Outcome_IsKept_ForTwentyFourHours_AndThenTheKeyIsFree()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent first = await StartedAsync(account, Key());
        await EndAsync(first, CallState.Succeeded);
        await Storage.Repeats.MarkAsync([new AnswerMark(Acme.Id, first.Execution, true)], Cancellation);
        Time.Advance(CallKey.Life - TimeSpan.FromSeconds(1));

        PriorCall prior = await RepeatedAsync(account, Key());
        (await Storage.Repeats.RemoveExpiredAsync(Cancellation)).Should().Be(0);
        Time.Advance(TimeSpan.FromSeconds(1));

        prior.Execution.Should().Be(first.Execution);
        prior.State.Should().Be(CallState.Succeeded);
        Encoding.UTF8.GetString(prior.OutcomeSealed!).Should().Be("sealed Succeeded");
        await StartedAsync(account, Key());
    }

    [Fact]
    public async Task Key_IsRefused_ForAnotherCall_AndTheRefusalIsRecorded()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await StartedAsync(account, Key());

        StartResult other = await Storage.Audit.StartAsync(
            await IntentAsync(account, Key(content: "other")),
            Cancellation
        );

        other.Should().BeOfType<StartResult.Refused>().Which.Reason.Should().Be(StartRefusal.KeyReused);
        AuditRecord denial = (await Acme.TrailAsync())[^1];
        (denial.Draft.Kind, denial.Draft.Outcome).Should().Be((AuditKind.Denial, "idempotency_key_reused"));
    }

    [Fact]
    public async Task Key_OfAnotherPrincipal_IsAnotherKey()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        (Identity.Principal session, _) = await Acme.SessionAsync("alice", TimeSpan.FromMinutes(15));
        await StartedAsync(account, Key());

        StartResult other = await Storage.Audit.StartAsync(
            await Acme.IntentAsync(account, session) with
            {
                Key = Key(),
            },
            Cancellation
        );

        other.Should().BeOfType<StartResult.Started>();
    }

    [Fact]
    public async Task Repeat_IsRefused_OnceTheAccountIsStopped()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await EndAsync(await StartedAsync(account, Key()), CallState.Succeeded);
        CallIntent repeat = await IntentAsync(account, Key());
        await Storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: false,
            AccountReasons.Revoked,
            null,
            Traces.None,
            Cancellation
        );

        (await Storage.Audit.StartAsync(repeat, Cancellation))
            .Should()
            .BeOfType<StartResult.Refused>()
            .Which.Reason.Should()
            .Be(StartRefusal.AccountNotActive);
    }

    [Theory]
    [InlineData(CallState.Succeeded)]
    [InlineData(CallState.Failed)]
    [InlineData(CallState.Unknown)]
    public async Task CallWithoutAKey_IsRepeated_ForTenSecondsAtMost(CallState state)
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallKey key = Key(isNamed: false);
        CallIntent first = await StartedAsync(account, key);
        Time.Advance(TimeSpan.FromSeconds(90));
        (await RepeatedAsync(account, key)).State.Should().Be(CallState.Running);
        await EndAsync(first, state);
        Time.Advance(TimeSpan.FromSeconds(9.9));

        PriorCall prior = await RepeatedAsync(account, key);
        Time.Advance(TimeSpan.FromSeconds(0.1));

        (prior.Execution, prior.State, prior.Answer).Should().Be((first.Execution, state, AnswerFate.Open));
        await StartedAsync(account, key);
    }

    [Fact]
    public async Task DeliveredSuccess_IsNeverReused_AndALostOneIs()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallKey key = Key(isNamed: false);
        CallIntent first = await StartedAsync(account, key);
        await EndAsync(first, CallState.Succeeded);
        await Storage.Repeats.MarkAsync([new AnswerMark(Acme.Id, first.Execution, false)], Cancellation);
        (await RepeatedAsync(account, key)).Answer.Should().Be(AnswerFate.Lost);
        await Storage.Repeats.MarkAsync([new AnswerMark(Acme.Id, first.Execution, true)], Cancellation);
        await Storage.Repeats.MarkAsync([new AnswerMark(Acme.Id, first.Execution, false)], Cancellation);

        CallIntent second = await StartedAsync(account, key);

        (await Storage.Repeats.FindAsync(Acme.Id, second.Execution, Cancellation))!
            .State.Should()
            .Be(CallState.Running, "the row is the new call's");
        (await Storage.Repeats.FindAsync(Acme.Id, first.Execution, Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task CallOfWhichNothingWasSent_FreesItsKey()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await EndAsync(await StartedAsync(account, Key()), CallState.Unsent);

        await StartedAsync(account, Key());
    }

    [Fact]
    public async Task LateEnd_ChangesNothing_OnceTheKeyIsAnothersCall()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallKey key = Key(isNamed: false);
        CallIntent first = await StartedAsync(account, key);
        await EndAsync(first, CallState.Failed, TimeSpan.Zero);
        CallIntent second = await StartedAsync(account, key);

        await EndAsync(first, CallState.Succeeded);

        PriorCall row = (await Storage.Repeats.FindAsync(Acme.Id, second.Execution, Cancellation))!;
        (row.State, row.OutcomeSealed).Should().Be((CallState.Running, null));
    }

    [Fact]
    public async Task Cleanup_RemovesWhatExpired_AndNothingElse()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent named = await StartedAsync(account, Key("named"));
        CallIntent running = await StartedAsync(account, Key("running", isNamed: false));
        CallIntent ended = await StartedAsync(account, Key("ended", isNamed: false));
        await EndAsync(named, CallState.Succeeded);
        await EndAsync(ended, CallState.Succeeded);
        Time.Advance(CallKey.RepeatWindow);

        (await Storage.Repeats.RemoveExpiredAsync(Cancellation)).Should().Be(1);

        (await Storage.Repeats.RemoveExpiredAsync(Cancellation)).Should().Be(0);
        (await Storage.Repeats.FindAsync(Acme.Id, named.Execution, Cancellation)).Should().NotBeNull();
        (await Storage.Repeats.FindAsync(Acme.Id, running.Execution, Cancellation)).Should().NotBeNull();
        (await Storage.Repeats.FindAsync(Acme.Id, ended.Execution, Cancellation)).Should().BeNull();
    }
}
