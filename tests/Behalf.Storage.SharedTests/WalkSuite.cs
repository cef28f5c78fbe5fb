using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Events;
using Behalf.Vault;

namespace Behalf.Storage.SharedTests;

/// <summary>The walks of connect, execute, refresh and revoke, as far as storage carries them.</summary>
public abstract class WalkSuite : StoreTests
{
    [Fact]
    public async Task Connect_StepByStep_MakesTheAccountActiveWithItsCredential()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        account.State.Should().Be(AccountState.PendingAuth);
        account.Reason.Should().Be(AccountReasons.NeverConnected);

        AuthorizationFlow flow = await Acme.FlowAsync(account);
        flow = flow with { Step = FlowStep.AtProvider, State = Acme.RandomDigest(), Browser = Acme.RandomDigest() };
        (await Storage.Flows.AdvanceAsync(flow, FlowStep.LinkCreated, Traces.None, Cancellation)).Should().BeTrue();
        flow = flow with
        {
            Step = FlowStep.AwaitingVerification,
            AuthRequest = Acme.RandomDigest(),
            CodeSealed = [1, 2, 3],
        };
        (await Storage.Flows.AdvanceAsync(flow, FlowStep.AtProvider, Traces.None, Cancellation)).Should().BeTrue();
        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.PendingVerification);
        flow = flow with { Step = FlowStep.Exchanging };
        (await Storage.Flows.AdvanceAsync(flow, FlowStep.AwaitingVerification, Traces.None, Cancellation))
            .Should()
            .BeTrue();
        NewCredential credential = Acme.NewCredential(account, 0, providerUserKey: "provider-user");
        (await Storage.Flows.SucceedAsync(flow, credential, Traces.Of(Acme.Draft()), Cancellation)).Should().BeTrue();

        ConnectedAccount active = await Acme.ReadAsync(account);
        active.State.Should().Be(AccountState.Active);
        active.Reason.Should().BeNull();
        active.Generation.Should().Be(1);
        active.ProviderUserKey.Should().Be("provider-user");
        active.RowVersion.Should().BeGreaterThan(account.RowVersion);
        active.AccessExpiresAt.Should().Be(credential.Sealed.AccessExpiresAt);
        SealedCredential? stored = await Storage.Accounts.FindCredentialAsync(Acme.Id, account.Id, Cancellation);
        stored.Should().BeEquivalentTo(credential.Sealed);
        AuthorizationFlow? ended = await Storage.Flows.FindByLinkAsync(flow.Link, Cancellation);
        ended!.Step.Should().Be(FlowStep.Succeeded);
        ended.CodeSealed.Should().BeNull();
        ended.VerifierSealed.Should().BeNull();
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Action == "test.action");
    }

    [Fact]
    public async Task Execute_StartsWithTheCommittedIntent_AndGivesTheSealedCredential()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent intent = await Acme.IntentAsync(account);

        StartResult result = await Storage.Audit.StartAsync(intent, Cancellation);

        StartedCall call = result.Should().BeOfType<StartResult.Started>().Subject.Call;
        call.Credential.AccessSealed.Should().Equal(Acme.NewCredential(account, 0).Sealed.AccessSealed);
        AuditRecord record = (await Acme.TrailAsync())[^1];
        record.Draft.Kind.Should().Be(AuditKind.Intent);
        record.Draft.Execution.Should().Be(intent.Execution);
        record.Draft.Identifier.Should().Be("alice");
        record.Draft.Decision.Should().Be("allow");
    }

    [Fact]
    public async Task Refresh_UnderItsLease_StoresTheNextGenerationAndKeepsThePrevious()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await Storage.Refreshes.AcquireAsync(
            Acme.Id,
            account.Id,
            TimeSpan.FromSeconds(30),
            Cancellation
        );
        lease.Should().NotBeNull();
        RefreshSubject? subject = await Storage.Refreshes.ReadAsync(lease!, Cancellation);
        subject!.Credential.Generation.Should().Be(1);
        (await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        (await Storage.Refreshes.ReadAsync(lease!, Cancellation))!.LastAttempt.Should().Be(RefreshAttemptState.Sent);

        NewCredential next = Acme.NewCredential(account, 1, "second");
        (await Storage.Refreshes.CommitAsync(lease!, next, Traces.None, Cancellation)).Should().BeTrue();

        (await Acme.ReadAsync(account)).Generation.Should().Be(2);
        (await Storage.Accounts.FindCredentialAsync(Acme.Id, account.Id, Cancellation))!
            .AccessSealed.Should()
            .Equal(next.Sealed.AccessSealed);
        RefreshLease? again = await Storage.Refreshes.AcquireAsync(
            Acme.Id,
            account.Id,
            TimeSpan.FromSeconds(30),
            Cancellation
        );
        again!.Fence.Should().BeGreaterThan(lease!.Fence);
    }

    [Fact]
    public async Task Revoke_RemovesTheCredential_AndTheJobHoldsTheToken()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RevocationJob job = Acme.NewJob(account);
        Traces traces = Traces
            .Of(Acme.Draft("account.revoked"))
            .With(new EventDraft(Acme.Id, EventTypes.AccountDeleted, account.Id, new Dictionary<string, string>()));

        bool stopped = await Storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: false,
            AccountReasons.Revoked,
            job,
            traces,
            Cancellation
        );

        stopped.Should().BeTrue();
        ConnectedAccount after = await Acme.ReadAsync(account);
        after.State.Should().Be(AccountState.Disconnected);
        after.Reason.Should().Be(AccountReasons.Revoked);
        (await Storage.Accounts.FindCredentialAsync(Acme.Id, account.Id, Cancellation)).Should().BeNull();
        (await Storage.Revocations.DueAsync(10, [], Cancellation))
            .Should()
            .ContainSingle()
            .Which.Should()
            .BeEquivalentTo(job);
        (await Storage.Events.ListAsync(new EventFilter(Acme.Id), new PageRequest(10), Cancellation))
            .Items.Should()
            .ContainSingle();
        StartResult start = await Storage.Audit.StartAsync(await Acme.IntentAsync(account), Cancellation);
        start.Should().Be(new StartResult.Refused(StartRefusal.AccountNotActive));
    }
}
