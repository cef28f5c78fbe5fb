using Behalf.Authorization;
using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

public abstract class RefreshSuite : StoreTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    private Task<RefreshLease?> AcquireAsync(ConnectedAccount account) =>
        Storage.Refreshes.AcquireAsync(Acme.Id, account.Id, Lease, Cancellation);

    private Task<bool> FailAsync(RefreshLease lease, CredentialStatus? status, TimeSpan notBefore) =>
        Storage.Refreshes.FailAsync(
            lease,
            RefreshAttemptState.NotCarriedOut,
            status,
            AccountReasons.RefreshRefused,
            notBefore,
            Traces.Of(Acme.Draft("refresh.failed")),
            Cancellation
        );

    [Fact]
    public async Task Lease_IsTakenByOne_WhenManyAsk()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");

        RefreshLease?[] leases = await AtOnceAsync(20, _ => AcquireAsync(account));

        leases.Should().ContainSingle(lease => lease != null);
    }

    [Fact]
    public async Task Lease_IsFreeAfterItsEnd_AndItsFenceGrows()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? first = await AcquireAsync(account);
        Time.Advance(Lease - TimeSpan.FromMilliseconds(1));
        (await AcquireAsync(account)).Should().BeNull();
        Time.Advance(TimeSpan.FromMilliseconds(1));

        RefreshLease?[] again = await AtOnceAsync(20, _ => AcquireAsync(account));

        RefreshLease second = again.Should().ContainSingle(lease => lease != null).Subject!;
        second.Fence.Should().BeGreaterThan(first!.Fence);
        (await Storage.Refreshes.AttemptAsync(first, 1, isProbe: false, Cancellation)).Should().BeFalse();
        (await Storage.Refreshes.ReadAsync(first, Cancellation)).Should().BeNull();
        NewCredential late = Acme.NewCredential(account, 1, "late");
        (await Storage.Refreshes.CommitAsync(first, late, Traces.None, Cancellation)).Should().BeFalse();
        (await FailAsync(first, CredentialStatus.Expired, TimeSpan.Zero)).Should().BeFalse();
        await Storage.Refreshes.ReleaseAsync(first, Cancellation);
        (await AcquireAsync(account)).Should().BeNull("a lease is released by its holder only");
    }

    [Fact]
    public async Task Commit_StillHolds_AfterTheLeaseEnded_WhileNobodyTookItOver()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);
        (await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        Time.Advance(Lease * 2);

        NewCredential next = Acme.NewCredential(account, 1, "rotated");
        (await Storage.Refreshes.CommitAsync(lease!, next, Traces.None, Cancellation)).Should().BeTrue();
    }

    /// <summary>Another one asked with the spent token, was refused, and gave the account up; then the answer came after all.</summary>
    [Fact]
    public async Task Commit_BringsBack_WhatWasGivenUp_AtTheGenerationItFollows()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease late = (await AcquireAsync(account))!;
        (await Storage.Refreshes.AttemptAsync(late, 1, isProbe: false, Cancellation)).Should().BeTrue();
        Time.Advance(Lease);
        RefreshLease other = (await AcquireAsync(account))!;
        (await FailAsync(other, CredentialStatus.Expired, TimeSpan.Zero)).Should().BeTrue();
        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.Expired);
        NewCredential next = Acme.NewCredential(account, 1, "rotated");
        (await Storage.Refreshes.CommitAsync(late, next, Traces.None, Cancellation))
            .Should()
            .BeFalse("its fence is old");

        RefreshLease again = (await AcquireAsync(account))!;
        (await Storage.Refreshes.CommitAsync(again, next with { IsInDoubt = true }, Traces.None, Cancellation))
            .Should()
            .BeTrue();

        ConnectedAccount after = await Acme.ReadAsync(account);
        (after.State, after.Reason, after.Generation).Should().Be((AccountState.Active, null, 2));
        RefreshLease later = (await AcquireAsync(account))!;
        RefreshSubject subject = (await Storage.Refreshes.ReadAsync(later, Cancellation))!;
        (subject.IsOutcomeUnknown, subject.IsProbed, subject.AttemptAt).Should().Be((true, false, null));
        await Storage.Refreshes.ReleaseAsync(later, Cancellation);
        Time.Advance(TimeSpan.FromMinutes(50));
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().ContainSingle("it is renewed ahead again");
    }

    [Fact]
    public async Task Commit_IsDoneOnce_WhenRepeated()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);
        NewCredential next = Acme.NewCredential(account, 1, "second");

        bool[] committed = await AtOnceAsync(
            20,
            _ => Storage.Refreshes.CommitAsync(lease!, next, Traces.Of(Acme.Draft()), Cancellation)
        );

        committed.Should().ContainSingle(won => won);
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Commit_IsRefused_AfterTheAccountWasStopped()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);
        (await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        await Storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: false,
            AccountReasons.Revoked,
            null,
            Traces.None,
            Cancellation
        );

        NewCredential next = Acme.NewCredential(account, 1, "second");
        (await Storage.Refreshes.CommitAsync(lease!, next, Traces.Of(Acme.Draft()), Cancellation)).Should().BeFalse();

        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.Disconnected);
        (await Storage.Accounts.FindCredentialAsync(Acme.Id, account.Id, Cancellation)).Should().BeNull();
        (await Acme.TrailAsync()).Should().BeEmpty();
        (await AcquireAsync(account))!.Fence.Should().BeGreaterThan(lease!.Fence);
    }

    [Fact]
    public async Task Commit_KeepsWhatARefreshDoesNotSay()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice", providerUserKey: "provider-user");
        RefreshLease? lease = await AcquireAsync(account);
        NewCredential next = Acme.NewCredential(account, 1) with { ScopeSource = "unchanged", ProviderUserName = null };
        (await Storage.Refreshes.CommitAsync(lease!, next, Traces.None, Cancellation)).Should().BeTrue();

        ConnectedAccount after = await Acme.ReadAsync(account);
        after.ProviderUserKey.Should().Be("provider-user");
        after.ProviderUserName.Should().Be("Alice at the provider");
        after.RowVersion.Should().Be(account.RowVersion + 1);
    }

    [Fact]
    public async Task Lease_DoesNotDisturbTheAccountsVersion()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);
        await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation);
        await FailAsync(lease!, null, TimeSpan.FromMinutes(1));

        (await Acme.ReadAsync(account)).Should().BeEquivalentTo(account);
        (await Acme.TrailAsync()).Should().ContainSingle(record => record.Draft.Action == "refresh.failed");
    }

    [Fact]
    public async Task Failure_MarksTheAccount_AndReleasesTheLease()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);
        await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation);

        (await FailAsync(lease!, CredentialStatus.Expired, TimeSpan.Zero)).Should().BeTrue();

        ConnectedAccount after = await Acme.ReadAsync(account);
        after.State.Should().Be(AccountState.Expired);
        after.Reason.Should().Be(AccountReasons.RefreshRefused);
        (await AcquireAsync(account)).Should().NotBeNull();
    }

    [Fact]
    public async Task Attempt_IsRemembered_WhenItsProcessDiesBeforeTheAnswer()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);
        await Storage.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation);
        Time.Advance(Lease);

        RefreshLease? next = await AcquireAsync(account);
        RefreshSubject? subject = await Storage.Refreshes.ReadAsync(next!, Cancellation);

        subject!.LastAttempt.Should().Be(RefreshAttemptState.Sent);
        subject.LastAttemptGeneration.Should().Be(1);
    }

    [Fact]
    public async Task Attempt_KeepsTheTimeOfTheFirst_WhileItsOutcomeIsUnknown()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        DateTimeOffset first = Time.GetUtcNow();
        RefreshLease lease = (await AcquireAsync(account))!;
        (await Storage.Refreshes.ReadAsync(lease, Cancellation))!.AttemptAt.Should().BeNull();
        await Storage.Refreshes.AttemptAsync(lease, 1, isProbe: false, Cancellation);
        (await Storage.Refreshes.ReadAsync(lease, Cancellation))!.AttemptAt.Should().Be(first);

        Time.Advance(TimeSpan.FromSeconds(10));
        await Storage.Refreshes.AttemptAsync(lease, 1, isProbe: true, Cancellation);
        RefreshSubject probed = (await Storage.Refreshes.ReadAsync(lease, Cancellation))!;
        (probed.LastAttempt, probed.AttemptAt).Should().Be((RefreshAttemptState.Probed, first));
        (probed.IsOutcomeUnknown, probed.IsProbed).Should().Be((true, true));

        // Certainly not carried out: the next one is a first one again.
        await FailAsync(lease, null, TimeSpan.Zero);
        lease = (await AcquireAsync(account))!;
        await Storage.Refreshes.AttemptAsync(lease, 1, isProbe: false, Cancellation);
        RefreshSubject again = (await Storage.Refreshes.ReadAsync(lease, Cancellation))!;
        again.AttemptAt.Should().Be(Time.GetUtcNow());
        (again.IsOutcomeUnknown, again.IsProbed).Should().Be((true, false));
        await Storage.Refreshes.CommitAsync(lease, Acme.NewCredential(account, 1), Traces.None, Cancellation);
        lease = (await AcquireAsync(account))!;
        (await Storage.Refreshes.ReadAsync(lease, Cancellation))!.IsOutcomeUnknown.Should().BeFalse();
    }

    [Fact]
    public async Task LeaseOfThisProcess_IsTakenUpByIt_WhenItSaysSo()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease lost = (await AcquireAsync(account))!;
        (await AcquireAsync(account)).Should().BeNull();

        RefreshLease? taken = await Storage.Refreshes.TakeUpAsync(Acme.Id, account.Id, Lease, Cancellation);

        taken!.Fence.Should().BeGreaterThan(lost.Fence);
        (await Storage.Refreshes.AttemptAsync(lost, 1, isProbe: false, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task Attempt_IsRefused_OnAnotherGeneration()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await AcquireAsync(account);

        (await Storage.Refreshes.AttemptAsync(lease!, 2, isProbe: false, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task Due_IsWhatIsTimely_Free_AndNotHeldBack()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob");
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().BeEmpty();
        Time.Advance(TimeSpan.FromMinutes(50));
        (await Storage.Refreshes.DueAsync(10, [], Cancellation))
            .Should()
            .BeEquivalentTo([(Acme.Id, alice.Id), (Acme.Id, bob.Id)]);

        RefreshLease? lease = await AcquireAsync(alice);
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().Equal((Acme.Id, bob.Id));
        await FailAsync(lease!, null, TimeSpan.FromMinutes(1));
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().Equal((Acme.Id, bob.Id));
        Time.Advance(TimeSpan.FromMinutes(1));
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().HaveCount(2);
        (await Storage.Refreshes.DueAsync(10, [alice.Connection], Cancellation))
            .Should()
            .BeEmpty("both are of the connection that is left out");

        await Storage.Refreshes.HoldBackAsync(Acme.Id, alice.Id, TimeSpan.FromMinutes(2), Cancellation);
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().Equal((Acme.Id, bob.Id));
        lease = await AcquireAsync(alice);
        RefreshSubject held = (await Storage.Refreshes.ReadAsync(lease!, Cancellation))!;
        held.DueAt.Should().Be(Time.GetUtcNow() + TimeSpan.FromMinutes(2));
        held.NotBefore.Should().BeOnOrBefore(Time.GetUtcNow(), "who needs the token is not held back");
        await Storage.Refreshes.ReleaseAsync(lease!, Cancellation);
        Time.Advance(TimeSpan.FromMinutes(2));
        (await Storage.Refreshes.DueAsync(10, [], Cancellation)).Should().HaveCount(2);
    }

    [Fact]
    public async Task Hastened_IsWhoSharesTheGrant_AndNobodyElse()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "second", "second");
        await Storage.Connections.AddAsync(second, Traces.None, Cancellation);
        Acme other = await Acme.BuildAsync(Storage, "other");
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice", providerUserKey: "shared");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob", second.Id, "shared");
        await Acme.ActiveAccountAsync("carol", providerUserKey: "own");
        ConnectedAccount dave = await Acme.ActiveAccountAsync("dave", providerUserKey: "shared");
        await Storage.Accounts.StopAsync(dave, dave.RowVersion, false, "revoked", null, Traces.None, Cancellation);
        await other.ActiveAccountAsync("alice", providerUserKey: "shared");

        Task<int> HastenAsync() =>
            Storage.Refreshes.HastenAsync(Acme.Id, Acme.Connection.Id, alice.Id, "shared", Cancellation);
        (await HastenAsync()).Should().Be(2);
        (await HastenAsync()).Should().Be(0, "they are due");
        (await Storage.Refreshes.HastenAsync(Acme.Id, other.Connection.Id, alice.Id, "shared", Cancellation))
            .Should()
            .Be(0);

        (await Storage.Refreshes.DueAsync(10, [], Cancellation))
            .Should()
            .BeEquivalentTo([(Acme.Id, alice.Id), (Acme.Id, bob.Id)]);
    }

    [Fact]
    public async Task Due_IsSpread_SoThatNodesSeldomMeet_AndNobodyIsPassedOver()
    {
        const int Portion = 5;
        const int Many = Portion * IRefreshStore.DueWindow;
        for (int i = 0; i < Many; i++)
        {
            await Acme.ActiveAccountAsync($"user_{i}");
        }

        Time.Advance(TimeSpan.FromMinutes(50));
        List<IReadOnlyList<(EnvironmentId Environment, AccountId Account)>> portions = [];
        for (int i = 0; i < 200; i++)
        {
            portions.Add(await Storage.Refreshes.DueAsync(Portion, [], Cancellation));
        }

        portions.Should().OnlyContain(portion => portion.Distinct().Count() == Portion);
        portions.SelectMany(portion => portion).Distinct().Should().HaveCount(Many);
        int met = portions.Zip(portions.Skip(1), (one, other) => one.Intersect(other).Count()).Sum();
        met.Should().BeLessThan(portions.Count * Portion / 4, "a tenth, by chance");
    }

    [Fact]
    public async Task RevocationJob_IsTriedAgainLater_AndGoneWhenFinished()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RevocationJob job = Acme.NewJob(account);
        await Storage.Revocations.AddAsync(job, Traces.None, Cancellation);

        await Storage.Revocations.RetryAsync(job, TimeSpan.FromMinutes(1), Cancellation);
        (await Storage.Revocations.DueAsync(10, [], Cancellation)).Should().BeEmpty();
        Time.Advance(TimeSpan.FromMinutes(1));
        (await Storage.Revocations.DueAsync(10, [], Cancellation))
            .Should()
            .ContainSingle()
            .Which.Attempts.Should()
            .Be(1);

        await AtOnceAsync(
            20,
            async _ =>
            {
                Traces traces = Traces.Of(Acme.Draft("revocation.finished"));
                await Storage.Revocations.FinishAsync(job, "provider_status_200", traces, Cancellation);
                return true;
            }
        );
        (await Storage.Revocations.DueAsync(10, [], Cancellation)).Should().BeEmpty();
        (await Acme.TrailAsync()).Should().ContainSingle();
    }
}
