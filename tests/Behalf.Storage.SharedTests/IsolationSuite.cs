using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Storage.SharedTests;

/// <summary>An id of another environment is answered exactly like an unknown one, by every look-up and every change.</summary>
public abstract class IsolationSuite : StoreTests
{
    private Acme? _other;
    private ConnectedAccount? _account;

    private Acme Other => _other!;

    private ConnectedAccount Account => _account!;

    private async Task BuildAsync()
    {
        _other = await Acme.BuildAsync(Storage, "other");
        _account = await Acme.ActiveAccountAsync("alice", providerUserKey: "provider-user");
    }

    /// <summary>Acme's account, spoken of as if it were of the other environment.</summary>
    private ConnectedAccount Claimed => Account with { Environment = Other.Id };

    [Fact]
    public async Task LookUps_FindNothing_UnderAnotherEnvironment()
    {
        await BuildAsync();
        (_, UserSession session) = await Acme.SessionAsync("alice", TimeSpan.FromMinutes(5));
        AuthorizationFlow flow = await Acme.FlowAsync(Account);

        (await Storage.Clients.FindAsync(Other.Id, Acme.Client.Id, Cancellation)).Should().BeNull();
        (await Storage.Sessions.FindAsync(Other.Id, session.Id, Cancellation)).Should().BeNull();
        (await Storage.Users.FindAsync(Other.Id, Account.Identifier, Cancellation)).Should().BeNull();
        (await Storage.Connections.FindAsync(Other.Id, Acme.Connection.Id, Cancellation)).Should().BeNull();
        (await Storage.Accounts.FindAsync(Other.Id, Account.Id, Cancellation)).Should().BeNull();
        (await Storage.Accounts.FindAsync(Other.Id, Account.Connection, Account.Identifier, Cancellation))
            .Should()
            .BeNull();
        (await Storage.Accounts.OfUserAsync(Other.Id, Account.Identifier, Cancellation)).Should().BeEmpty();
        (await Storage.Accounts.FindCredentialAsync(Other.Id, Account.Id, Cancellation)).Should().BeNull();
        (await Storage.Flows.FindAsync(Other.Id, flow.Id, Cancellation)).Should().BeNull();
        AccountFilter filter = new() { Environment = Other.Id };
        (await Storage.Accounts.ListAsync(filter, new PageRequest(10), Cancellation)).Items.Should().BeEmpty();
        (
            await Storage.Accounts.CountSharingGrantAsync(
                Other.Id,
                Other.Connection.Id,
                Account.Id,
                "provider-user",
                Cancellation
            )
        )
            .Should()
            .Be(0);
    }

    [Fact]
    public async Task Changes_ChangeNothing_UnderAnotherEnvironment()
    {
        await BuildAsync();
        AuthorizationFlow flow = await Acme.FlowAsync(Account, FlowStep.Exchanging);

        (await Storage.Clients.RemoveAsync(Other.Id, Acme.Client.Id, Traces.None, Cancellation)).Should().BeFalse();
        (
            await Storage.Clients.RotateSecretAsync(
                Other.Id,
                Acme.Client.Id,
                Acme.RandomDigest(),
                Time.GetUtcNow(),
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeFalse();
        (await Storage.Users.BumpEpochAsync(Other.Id, Account.Identifier, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        (await Storage.Connections.RemoveAsync(Other.Id, Acme.Connection.Id, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        (
            await Storage.Accounts.StopAsync(
                Claimed,
                Account.RowVersion,
                delete: true,
                AccountReasons.Revoked,
                null,
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeFalse();
        (await Storage.Accounts.MarkAsync(Claimed, 1, CredentialStatus.Expired, null, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        AuthorizationFlow claimed = flow with { Environment = Other.Id };
        AuthorizationFlow failed = claimed with { Step = FlowStep.Failed };
        (await Storage.Flows.FailAsync(failed, FlowStep.Exchanging, null, Traces.None, Cancellation))
            .Should()
            .BeFalse();
        NewCredential next = Acme.NewCredential(Account, 1);
        (await Storage.Flows.SucceedAsync(claimed, next, Traces.None, Cancellation)).Should().BeFalse();
        (await Storage.Refreshes.AcquireAsync(Other.Id, Account.Id, TimeSpan.FromMinutes(1), Cancellation))
            .Should()
            .BeNull();

        ConnectedAccount after = await Acme.ReadAsync(Account);
        after.Should().BeEquivalentTo(Account with { OpenFlow = FlowStep.Exchanging });
    }

    [Fact]
    public async Task Lease_IsWorthNothing_UnderAnotherEnvironment()
    {
        await BuildAsync();
        RefreshLease? lease = await Storage.Refreshes.AcquireAsync(
            Acme.Id,
            Account.Id,
            TimeSpan.FromMinutes(1),
            Cancellation
        );
        RefreshLease claimed = lease! with { Environment = Other.Id };

        (await Storage.Refreshes.ReadAsync(claimed, Cancellation)).Should().BeNull();
        (await Storage.Refreshes.AttemptAsync(claimed, 1, isProbe: false, Cancellation)).Should().BeFalse();
        NewCredential next = Acme.NewCredential(Account, 1);
        (await Storage.Refreshes.CommitAsync(claimed, next, Traces.None, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task Call_CannotStart_OnAnAccountOfAnotherEnvironment()
    {
        await BuildAsync();
        CallIntent theirs = await Other.IntentAsync(Account);

        StartResult result = await Storage.Audit.StartAsync(theirs, Cancellation);

        result.Should().BeOfType<StartResult.Refused>();
        (await Other.TrailAsync()).Should().ContainSingle(record => record.Draft.Kind == AuditKind.Denial);
        (await Acme.TrailAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Trails_AreApart()
    {
        await BuildAsync();
        await Storage.Audit.AppendAsync(Acme.Draft("ours"), Cancellation);
        await Storage.Audit.AppendAsync(Other.Draft("theirs"), Cancellation);

        Page<AuditRecord> ours = await Storage.Audit.ListAsync(
            new AuditFilter(Acme.Id),
            new PageRequest(10),
            Cancellation
        );

        ours.Items.Should().ContainSingle().Which.Draft.Action.Should().Be("ours");
        (await Storage.Audit.HeadsAsync(Other.Id, Cancellation)).Should().ContainSingle().Which.Sequence.Should().Be(1);
    }
}
