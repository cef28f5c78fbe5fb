using Behalf.Authorization;
using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

public abstract class AccountSuite : StoreTests
{
    private Task<bool> StopAsync(ConnectedAccount account, bool delete = false, long? expected = null) =>
        Storage.Accounts.StopAsync(
            account,
            expected ?? account.RowVersion,
            delete,
            AccountReasons.Revoked,
            Acme.NewJob(account),
            Traces.Of(Acme.Draft("account.stopped")),
            Cancellation
        );

    [Fact]
    public async Task User_HasAllAccounts_HoweverManyThereAre()
    {
        const int Many = 1_100;
        await Parallel.ForAsync(
            0,
            Many,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation },
            async (i, token) =>
            {
                Connection connection = Acme.NewConnection(Storage, Acme.Id, $"connection {i}", $"prefix_{i}");
                await Storage.Connections.AddAsync(connection, Traces.None, token);
                await Acme.AccountAsync("alice", connection.Id);
            }
        );
        Identifier alice = Identifier.Parse("alice");

        IReadOnlyList<ConnectedAccount> accounts = await Storage.Accounts.OfUserAsync(Acme.Id, alice, Cancellation);
        accounts.Should().HaveCount(Many).And.OnlyHaveUniqueItems(account => account.Connection);
    }

    [Fact]
    public async Task Account_IsOneRow_WhenManyEnsureIt()
    {
        (ConnectedAccount Account, bool Created)[] answers = await AtOnceAsync(
            20,
            _ =>
                Storage.Accounts.EnsureAsync(
                    Acme.Id,
                    Acme.Connection.Id,
                    Identifier.Parse("alice"),
                    new AccountLabels("org", "user", "{}"),
                    account => Traces.Of(Acme.Draft("account.created", account.Identifier.Value)),
                    Cancellation
                )
        );

        answers.Should().ContainSingle(answer => answer.Created);
        answers.Select(answer => answer.Account.Id).Distinct().Should().ContainSingle();
        (await Acme.TrailAsync()).Should().ContainSingle().Which.Draft.Identifier.Should().Be("alice");
        ConnectedAccount account = answers[0].Account;
        account.OrganizationId.Should().Be("org");
        account.UserId.Should().Be("user");
        account.ApiConfig.Should().Be("{}");
    }

    [Fact]
    public async Task ReplacedCredential_IsCurrent_AndBeatsARefreshOnItsWay()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease lease = (
            await Storage.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromMinutes(1), Cancellation)
        )!;
        NewCredential next = Acme.NewCredential(account, follows: account.Generation);

        bool[] replaced = await AtOnceAsync(
            20,
            _ => Storage.Accounts.ReplaceCredentialAsync(account, next, Traces.Of(Acme.Draft()), Cancellation)
        );

        replaced.Should().ContainSingle(won => won);
        (await Acme.TrailAsync()).Should().ContainSingle();
        (await Acme.ReadAsync(account)).Generation.Should().Be(account.Generation + 1);
        (await Storage.Refreshes.CommitAsync(lease, next, Traces.None, Cancellation)).Should().BeFalse();
    }

    [Fact]
    public async Task ReplacedCredential_BringsADisconnectedAccountBack()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        (await StopAsync(account)).Should().BeTrue();
        ConnectedAccount stopped = await Acme.ReadAsync(account);

        (
            await Storage.Accounts.ReplaceCredentialAsync(
                stopped,
                Acme.NewCredential(stopped, follows: stopped.Generation),
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeTrue();

        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task ApiConfig_IsChangedByOne_WhenManyChangeTheSameVersion()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");

        bool[] changed = await AtOnceAsync(
            20,
            _ => Storage.Accounts.ChangeAsync(account with { ApiConfig = "{}" }, Traces.Of(Acme.Draft()), Cancellation)
        );

        changed.Should().ContainSingle(won => won);
        (await Acme.ReadAsync(account)).ApiConfig.Should().Be("{}");
    }

    [Fact]
    public async Task Stop_IsDoneByOne_WhenManyStop()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");

        bool[] stopped = await AtOnceAsync(20, _ => StopAsync(account));

        stopped.Should().ContainSingle(won => won);
        (await Storage.Revocations.DueAsync(100, [], Cancellation)).Should().ContainSingle();
        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Stop_ChangesNothing_WhenTheAccountMovedOn()
    {
        ConnectedAccount before = await Acme.AccountAsync("alice");
        ConnectedAccount active = await Acme.ActiveAccountAsync("alice");

        (await StopAsync(active, expected: before.RowVersion)).Should().BeFalse();

        (await Acme.ReadAsync(active)).State.Should().Be(AccountState.Active);
        (await Storage.Revocations.DueAsync(10, [], Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task Stop_FailsOpenFlows_AndDestroysTheirCodes()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        AuthorizationFlow waiting = await Acme.FlowAsync(account, FlowStep.AwaitingVerification);
        AuthorizationFlow exchanging = await Acme.FlowAsync(account, FlowStep.Exchanging);

        (await StopAsync(account)).Should().BeTrue();

        AuthorizationFlow? after = await Storage.Flows.FindAsync(Acme.Id, waiting.Id, Cancellation);
        after!.Step.Should().Be(FlowStep.Failed);
        after.Outcome.Should().Be(AccountReasons.Revoked);
        after.CodeSealed.Should().BeNull();
        NewCredential late = Acme.NewCredential(account, account.Generation);
        (await Storage.Flows.SucceedAsync(exchanging, late, Traces.None, Cancellation))
            .Should()
            .BeFalse("what was revoked does not come back by an exchange that was on its way");
    }

    [Fact]
    public async Task DeletedAccount_IsGone_AndANewOneInheritsNothing()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice", providerUserKey: "provider-user");

        (await StopAsync(account, delete: true)).Should().BeTrue();

        (await Storage.Accounts.FindAsync(Acme.Id, account.Id, Cancellation)).Should().BeNull();
        (await Storage.Accounts.OfUserAsync(Acme.Id, account.Identifier, Cancellation)).Should().BeEmpty();
        ConnectedAccount again = await Acme.AccountAsync("alice");
        again.Id.Should().NotBe(account.Id);
        again.Generation.Should().Be(0);
        again.ProviderUserKey.Should().BeNull();
    }

    [Fact]
    public async Task DisconnectedAccount_CanConnectAgain_AndItsGenerationGoesOn()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await StopAsync(account);

        ConnectedAccount again = await Acme.ActiveAccountAsync("alice");

        again.Id.Should().Be(account.Id);
        again.Generation.Should().Be(2);
        again.State.Should().Be(AccountState.Active);
    }

    [Fact]
    public async Task Mark_NeedsTheGenerationItSpeaksOf()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");

        (await Storage.Accounts.MarkAsync(account, 0, CredentialStatus.Expired, "old", Traces.None, Cancellation))
            .Should()
            .BeFalse();
        (
            await Storage.Accounts.MarkAsync(
                account,
                1,
                CredentialStatus.Expired,
                AccountReasons.RefreshRefused,
                Traces.None,
                Cancellation
            )
        )
            .Should()
            .BeTrue();

        ConnectedAccount after = await Acme.ReadAsync(account);
        after.State.Should().Be(AccountState.Expired);
        after.Reason.Should().Be(AccountReasons.RefreshRefused);
        Time.Advance(TimeSpan.FromHours(2));
        (await Storage.Refreshes.DueAsync(10, [], Cancellation))
            .Should()
            .BeEmpty("what is not active is not refreshed");
    }

    [Fact]
    public async Task Mark_CannotBringBack_WhatWasDisconnected()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await StopAsync(account);

        (await Storage.Accounts.MarkAsync(account, 1, CredentialStatus.Expired, "late", Traces.None, Cancellation))
            .Should()
            .BeFalse();

        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.Disconnected);
    }

    [Fact]
    public async Task OpenFlow_IsTheNewestThatHasNotExpired()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        await Acme.FlowAsync(account, FlowStep.AwaitingVerification);
        Time.Advance(TimeSpan.FromMinutes(1));
        await Acme.FlowAsync(account, FlowStep.AtProvider);

        (await Acme.ReadAsync(account)).OpenFlow.Should().Be(FlowStep.AtProvider);
        (await Acme.ReadAsync(account)).State.Should().Be(AccountState.PendingAuth);
        Time.Advance(TimeSpan.FromMinutes(10));
        (await Acme.ReadAsync(account)).OpenFlow.Should().BeNull();
    }

    [Fact]
    public async Task SharedGrant_CountsActiveAccounts_OfTheSameOAuthClientAndProviderUser()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "second", "second");
        Connection foreign = Acme.NewConnection(Storage, Acme.Id, "foreign", "foreign") with { ClientId = "another" };
        await Storage.Connections.AddAsync(second, Traces.None, Cancellation);
        await Storage.Connections.AddAsync(foreign, Traces.None, Cancellation);
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice", providerUserKey: "shared");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob", second.Id, "shared");
        await Acme.ActiveAccountAsync("carol", foreign.Id, "shared");
        await Acme.ActiveAccountAsync("dave", providerUserKey: "own");

        Task<int> CountAsync() =>
            Storage.Accounts.CountSharingGrantAsync(Acme.Id, alice.Connection, alice.Id, "shared", Cancellation);

        (await CountAsync()).Should().Be(2);
        await StopAsync(bob);
        (await CountAsync()).Should().Be(1);
        await StopAsync(alice);
        (await CountAsync()).Should().Be(0);
    }

    /// <summary>Connectors of one provider may know its user by different names, or by none.</summary>
    [Fact]
    public async Task SharedGrant_WhereProviderUsersCannotBeCompared_IsThatOfTheSameIdentifier()
    {
        Connection calendar = Acme.NewConnection(Storage, Acme.Id, "calendar", "calendar") with { Connector = "other" };
        Connection foreign = Acme.NewConnection(Storage, Acme.Id, "foreign", "foreign") with
        {
            Connector = "other",
            ClientId = "another",
        };
        await Storage.Connections.AddAsync(calendar, Traces.None, Cancellation);
        await Storage.Connections.AddAsync(foreign, Traces.None, Cancellation);
        ConnectedAccount mail = await Acme.ActiveAccountAsync("alice", providerUserKey: "by mail address");
        ConnectedAccount shared = await Acme.ActiveAccountAsync("alice", calendar.Id, "by number");
        await Acme.ActiveAccountAsync("alice", foreign.Id, "by number");
        await Acme.ActiveAccountAsync("bob", calendar.Id, "of bob");
        await StopAsync(mail);

        Task<int> CountAsync(string? key) =>
            Storage.Accounts.CountSharingGrantAsync(Acme.Id, mail.Connection, mail.Id, key, Cancellation);

        (await CountAsync("by mail address")).Should().Be(1, "the calendar lives by it");
        (await CountAsync(null)).Should().Be(1);
        await StopAsync(shared);
        (await CountAsync("by mail address")).Should().Be(0);
        (await CountAsync(null)).Should().Be(0);
    }

    [Fact]
    public async Task LastUse_IsShown_SoonAfterACall()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        DateTimeOffset used = Time.GetUtcNow();
        await Storage.Audit.StartAsync(await Acme.IntentAsync(account), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(2));
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);

        (await Acme.ReadAsync(account)).LastUsedAt.Should().Be(used);
    }
}
