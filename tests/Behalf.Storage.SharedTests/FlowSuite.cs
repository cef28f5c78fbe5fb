using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Events;

namespace Behalf.Storage.SharedTests;

public abstract class FlowSuite : StoreTests
{
    [Fact]
    public async Task Flow_IsReadBackWhole_ByEachOfItsDigests()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        AuthorizationFlow flow = Acme.NewFlow(account, FlowStep.AwaitingVerification) with
        {
            Browser = Acme.RandomDigest(),
            VerifyUrl = "https://app.example/verify",
            AppState = "opaque",
            Issuer = "https://issuer.example",
            AllowOtherProviderUser = true,
        };
        await Storage.Flows.AddAsync(flow, Traces.None, Cancellation);

        (await Storage.Flows.FindAsync(Acme.Id, flow.Id, Cancellation)).Should().BeEquivalentTo(flow);
        (await Storage.Flows.FindByLinkAsync(flow.Link, Cancellation)).Should().BeEquivalentTo(flow);
        (await Storage.Flows.FindByStateAsync(flow.State!.Value, Cancellation)).Should().BeEquivalentTo(flow);
        (await Storage.Flows.FindByAuthRequestAsync(flow.AuthRequest!.Value, Cancellation))
            .Should()
            .BeEquivalentTo(flow);
        (await Storage.Flows.FindByStateAsync(flow.Link, Cancellation)).Should().BeNull();
    }

    [Theory]
    [InlineData(FlowStep.LinkCreated, FlowStep.AtProvider)]
    [InlineData(FlowStep.AtProvider, FlowStep.AwaitingVerification)]
    [InlineData(FlowStep.AwaitingVerification, FlowStep.Exchanging)]
    public async Task Step_IsTakenByOne_WhenManyTakeIt(FlowStep from, FlowStep to)
    {
        AuthorizationFlow flow = await Acme.FlowAsync(await Acme.AccountAsync("alice"), from);

        bool[] advanced = await AtOnceAsync(
            20,
            i =>
                Storage.Flows.AdvanceAsync(
                    flow with
                    {
                        Step = to,
                        Issuer = $"caller {i}",
                    },
                    from,
                    Traces.Of(Acme.Draft($"step.{i}")),
                    Cancellation
                )
        );

        int winner = Array.IndexOf(advanced, true);
        advanced.Should().ContainSingle(won => won);
        AuthorizationFlow? after = await Storage.Flows.FindAsync(Acme.Id, flow.Id, Cancellation);
        after!.Issuer.Should().Be($"caller {winner}");
        (await Acme.TrailAsync()).Should().ContainSingle().Which.Draft.Action.Should().Be($"step.{winner}");
    }

    [Fact]
    public async Task Step_CannotBeTaken_OnceTheFlowHasExpired_ExceptToFail()
    {
        AuthorizationFlow flow = await Acme.FlowAsync(await Acme.AccountAsync("alice"), FlowStep.AwaitingVerification);
        Time.Advance(TimeSpan.FromMinutes(10));

        AuthorizationFlow on = flow with { Step = FlowStep.Exchanging };
        (await Storage.Flows.AdvanceAsync(on, FlowStep.AwaitingVerification, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        AuthorizationFlow failed = flow with { Step = FlowStep.Failed, Outcome = AccountReasons.VerificationMismatch };
        (await Storage.Flows.FailAsync(failed, FlowStep.AwaitingVerification, null, Traces.None, Cancellation))
            .Should()
            .BeTrue();
        AuthorizationFlow? after = await Storage.Flows.FindAsync(Acme.Id, flow.Id, Cancellation);
        after!.CodeSealed.Should().BeNull();
        after.VerifierSealed.Should().BeNull();
    }

    [Fact]
    public async Task Step_NeverGoesBack()
    {
        AuthorizationFlow flow = await Acme.FlowAsync(await Acme.AccountAsync("alice"), FlowStep.Exchanging);
        Func<Task> back = () =>
            Storage.Flows.AdvanceAsync(
                flow with
                {
                    Step = FlowStep.AtProvider,
                },
                FlowStep.Exchanging,
                Traces.None,
                Cancellation
            );

        await back.Should().ThrowAsync<ArgumentException>();
    }

    [Fact]
    public async Task Exchange_SucceedsOnce_WhenManyCommitIt()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        AuthorizationFlow flow = await Acme.FlowAsync(account, FlowStep.Exchanging);

        bool[] succeeded = await AtOnceAsync(
            20,
            i =>
                Storage.Flows.SucceedAsync(
                    flow,
                    Acme.NewCredential(account, 0, $"of caller {i}"),
                    Traces.None,
                    Cancellation
                )
        );

        int winner = Array.IndexOf(succeeded, true);
        succeeded.Should().ContainSingle(won => won);
        (await Storage.Accounts.FindCredentialAsync(Acme.Id, account.Id, Cancellation))!
            .AccessSealed.Should()
            .Equal(Acme.NewCredential(account, 0, $"of caller {winner}").Sealed.AccessSealed);
    }

    [Fact]
    public async Task Exchange_IsRefused_WhenAnotherFlowMovedTheAccount()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        AuthorizationFlow first = await Acme.FlowAsync(account, FlowStep.Exchanging);
        AuthorizationFlow second = await Acme.FlowAsync(account, FlowStep.Exchanging);
        NewCredential credential = Acme.NewCredential(account, 0);

        (await Storage.Flows.SucceedAsync(first, credential, Traces.None, Cancellation)).Should().BeTrue();
        (await Storage.Flows.SucceedAsync(second, credential, Traces.None, Cancellation)).Should().BeFalse();

        (await Storage.Flows.FindAsync(Acme.Id, second.Id, Cancellation))!.Step.Should().Be(FlowStep.Exchanging);
        (await Acme.ReadAsync(account)).Generation.Should().Be(1);
    }

    [Fact]
    public async Task Exchange_FencesARefreshThatIsOnItsWay()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await Storage.Refreshes.AcquireAsync(
            Acme.Id,
            account.Id,
            TimeSpan.FromMinutes(1),
            Cancellation
        );
        AuthorizationFlow flow = await Acme.FlowAsync(account, FlowStep.Exchanging);
        NewCredential exchanged = Acme.NewCredential(account, 1, "exchanged");
        (await Storage.Flows.SucceedAsync(flow, exchanged, Traces.None, Cancellation)).Should().BeTrue();

        NewCredential refreshed = Acme.NewCredential(account, 2, "refreshed");
        (await Storage.Refreshes.CommitAsync(lease!, refreshed, Traces.None, Cancellation)).Should().BeFalse();
        (
            await Storage.Refreshes.FailAsync(
                lease!,
                RefreshAttemptState.Refused,
                CredentialStatus.Expired,
                AccountReasons.RefreshRefused,
                TimeSpan.Zero,
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeFalse();
        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task Expired_IsWhatIsOpen_ExceptWhatIsBeingExchanged()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        AuthorizationFlow link = await Acme.FlowAsync(account);
        AuthorizationFlow waiting = await Acme.FlowAsync(account, FlowStep.AwaitingVerification);
        await Acme.FlowAsync(account, FlowStep.Exchanging);
        Time.Advance(TimeSpan.FromMinutes(10));
        await Acme.FlowAsync(account);

        IReadOnlyList<AuthorizationFlow> expired = await Storage.Flows.ExpiredAsync(100, Cancellation);

        expired.Select(flow => flow.Id).Should().BeEquivalentTo([link.Id, waiting.Id]);
        (await Storage.Flows.ExpiredAsync(1, Cancellation)).Should().ContainSingle();
        foreach (AuthorizationFlow flow in expired)
        {
            (await FailAsync(flow, pending: null)).Should().BeTrue();
        }

        (await Storage.Flows.ExpiredAsync(100, Cancellation)).Should().BeEmpty();
    }

    [Theory]
    [InlineData(FlowStep.LinkCreated)]
    [InlineData(FlowStep.AwaitingVerification)]
    [InlineData(FlowStep.Exchanging)]
    public async Task Failure_IsToldOnce_WithAccountRecordAndEventTogether(FlowStep from)
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        AuthorizationFlow flow = await Acme.FlowAsync(account, from);

        bool[] failed = await AtOnceAsync(20, _ => FailAsync(flow, Pending(account)));

        failed.Should().ContainSingle(won => won);
        AuthorizationFlow? after = await Storage.Flows.FindAsync(Acme.Id, flow.Id, Cancellation);
        (after!.Step, after.Outcome, after.CodeSealed, after.VerifierSealed)
            .Should()
            .Be((FlowStep.Failed, AccountReasons.CodeExpired, null, null));
        (await Storage.Accounts.FindAsync(Acme.Id, account.Id, Cancellation))!
            .Reason.Should()
            .Be(AccountReasons.CodeExpired);
        (await Acme.TrailAsync()).Should().ContainSingle();
        (await EventsAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Failure_LeavesAnAccountThatHasMovedOn_AsItIs()
    {
        ConnectedAccount before = await Acme.AccountAsync("alice");
        AuthorizationFlow flow = await Acme.FlowAsync(before, FlowStep.AwaitingVerification);
        await Acme.ActiveAccountAsync("alice");

        (await FailAsync(flow, Pending(before))).Should().BeTrue();

        ConnectedAccount now = (await Storage.Accounts.FindAsync(Acme.Id, before.Id, Cancellation))!;
        (now.State, now.Reason).Should().Be((AccountState.Active, null));
        (await Acme.TrailAsync()).Should().ContainSingle();
        (await EventsAsync()).Should().BeEmpty();
    }

    private static PendingReason Pending(ConnectedAccount account) =>
        new(
            account,
            AccountReasons.CodeExpired,
            new EventDraft(
                account.Environment,
                EventTypes.AccountStatusUpdated,
                account.Id,
                new Dictionary<string, string>()
            )
        );

    private Task<bool> FailAsync(AuthorizationFlow flow, PendingReason? pending) =>
        Storage.Flows.FailAsync(
            flow with
            {
                Step = FlowStep.Failed,
                Outcome = AccountReasons.CodeExpired,
            },
            flow.Step,
            pending,
            Traces.Of(Acme.Draft()),
            Cancellation
        );

    private async Task<IReadOnlyList<StoredEvent>> EventsAsync() =>
        (await Storage.Events.ListAsync(new EventFilter(Acme.Id), new PageRequest(100), Cancellation)).Items;

    [Fact]
    public async Task Exchange_IsAbandoned_OnlyOnceItsFlowHasExpired_WhileItsProcessLives()
    {
        AuthorizationFlow flow = await Acme.FlowAsync(await Acme.AccountAsync("alice"), FlowStep.Exchanging);

        (await Storage.Flows.AbandonedAsync(Cancellation)).Should().BeEmpty();
        Time.Advance(TimeSpan.FromMinutes(10));
        (await Storage.Flows.AbandonedAsync(Cancellation)).Should().ContainSingle().Which.Id.Should().Be(flow.Id);
    }
}
