using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Recovery;

namespace Behalf.Storage.SharedTests;

public abstract class RecoverySuite : StoreTests
{
    private IRecoveryStore Recovery => Storage.Get<IRecoveryStore>();

    [Fact]
    public async Task Witness_IsBorneOut_ByTheDatabaseItWasTakenOf_AndByALongerTrail()
    {
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);
        TrailWitness witness = await Recovery.LookAsync(Cancellation);
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);

        witness.Restoration.Should().BeNull();
        witness.Heads.Should().ContainSingle().Which.Sequence.Should().Be(1);
        (await Recovery.MissingAsync(witness.Heads, Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task ShorterTrail_OrAnotherRecordInItsPlace_IsMissing()
    {
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);
        TrailHead seen = (await Recovery.LookAsync(Cancellation)).Heads[0];
        TrailHead[] claimed =
        [
            seen,
            seen with
            {
                Sequence = 2,
            },
            seen with
            {
                Hash = new byte[32],
            },
            seen with
            {
                Lane = "another",
            },
            seen with
            {
                Environment = EntityId.New<EnvironmentId>(Time),
            },
        ];

        (await Recovery.MissingAsync(claimed, Cancellation)).Should().Equal(claimed[1..]);
    }

    [Fact]
    public async Task AcceptedRestoration_FlagsRefreshableAccounts_AndEndsEveryToken()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount pending = await Acme.AccountAsync("bob");
        RefreshLease lease = (
            await Storage.Refreshes.AcquireAsync(Acme.Id, alice.Id, TimeSpan.FromMinutes(1), Cancellation)
        )!;
        UserEpoch before = (await Storage.Users.FindAsync(Acme.Id, Identifier.Parse("alice"), Cancellation))!.Value;

        RestorationEffect effect = await Recovery.AcceptAsync(Guid.CreateVersion7(), Cancellation);

        effect.Accounts.Should().Be(1);
        effect.Clients.Should().Be(1);
        (await Storage.Refreshes.ReadAsync(lease, Cancellation)).Should().BeNull("the lease was ended");
        RefreshLease next = (
            await Storage.Refreshes.AcquireAsync(Acme.Id, alice.Id, TimeSpan.FromMinutes(1), Cancellation)
        )!;
        next.Fence.Should().BeGreaterThan(lease.Fence);
        RefreshSubject subject = (await Storage.Refreshes.ReadAsync(next, Cancellation))!;
        subject.LastAttempt.Should().Be(RefreshAttemptState.Unknown);
        subject.LastAttemptGeneration.Should().Be(subject.Credential.Generation);
        subject.AttemptAt.Should().BeNull("when it was sent nobody knows: no grace is counted on");
        (await Acme.ReadAsync(pending)).Status.Should().Be(pending.Status);
        (await Storage.Users.FindAsync(Acme.Id, Identifier.Parse("alice"), Cancellation))!
            .Value.Epoch.Should()
            .BeGreaterThan(before.Epoch + 1000, "tokens of the time that is lost must not count again");
        (await Storage.Clients.FindAsync(Acme.Id, Acme.Client.Id, Cancellation))!
            .Epoch.Should()
            .BeGreaterThan(Acme.Client.Epoch + 1000);
    }

    [Fact]
    public async Task AcceptedRestoration_IsTheNewest_AndStandsInTheTrail()
    {
        Guid first = Guid.CreateVersion7();
        Guid second = Guid.CreateVersion7();
        await Recovery.AcceptAsync(first, Cancellation);
        Time.Advance(TimeSpan.FromSeconds(1));
        await Recovery.AcceptAsync(second, Cancellation);

        (await Recovery.LookAsync(Cancellation)).Restoration!.Id.Should().Be(second);
        (await AuditSuite.VerifyAsync(Storage.Audit, Acme.Id, Cancellation)).Should().Be(2);
    }

    [Fact]
    public async Task Database_SaysWhatItIs_AndNamesTheSettingsThatBreakPromises()
    {
        DatabaseHealth health = await Storage.Get<IDatabase>().ExamineAsync(Cancellation);

        health.Product.Should().MatchRegex("^(SQLite|PostgreSQL) [0-9]");
        health.Problems.Should().OnlyContain(problem => problem.Contains("fsync"), "test servers run without it");
    }
}
