using Behalf.Audit;
using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Storage.SharedTests;

/// <summary>A call starts with the transaction that commits its intent; whatever was withdrawn before it stops it.</summary>
public abstract class CallStartSuite : StoreTests
{
    private async Task RefusedAsync(CallIntent intent, StartRefusal reason, string outcome)
    {
        StartResult result = await Storage.Audit.StartAsync(intent, Cancellation);

        result.Should().BeOfType<StartResult.Refused>().Which.Reason.Should().Be(reason);
        AuditRecord denial = (await Acme.TrailAsync())[^1];
        denial.Draft.Kind.Should().Be(AuditKind.Denial);
        denial.Draft.Action.Should().Be("tool.call");
        denial.Draft.Decision.Should().Be("deny");
        denial.Draft.Outcome.Should().Be(outcome);
        denial.Draft.Execution.Should().Be(intent.Execution);
        denial.Draft.Identifier.Should().Be(intent.Subject.Identifier.Value);
        denial.Draft.Principal.Should().Be(intent.Subject.Principal.ClientId);
    }

    [Fact]
    public async Task Call_CannotStart_OnceTheClientIsRemoved()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        await Storage.Clients.RemoveAsync(Acme.Id, Acme.Client.Id, Traces.None, Cancellation);

        await RefusedAsync(intent, StartRefusal.ClientRemoved, "client_removed");
    }

    [Fact]
    public async Task Call_CannotStart_OnTheClientsOldLimits()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        CredentialLimits limits = new(new HashSet<string> { "tracker" }, null);
        (await Storage.Clients.ChangeAsync(Acme.Id, Acme.Client.Id, "Renamed", limits, Traces.None, Cancellation))
            .Should()
            .BeTrue();

        await RefusedAsync(intent, StartRefusal.ClientChanged, "client_changed");
    }

    [Fact]
    public async Task Call_Starts_WhenTheClientWasOnlyRenamed()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        await Storage.Clients.ChangeAsync(
            Acme.Id,
            Acme.Client.Id,
            "Renamed",
            Acme.Client.Limits,
            Traces.None,
            Cancellation
        );

        (await Storage.Audit.StartAsync(intent, Cancellation)).Should().BeOfType<StartResult.Started>();
    }

    [Fact]
    public async Task Call_CannotStart_OnceTheProxysModeIsAnother()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        Connection connection = (await Storage.Connections.FindAsync(Acme.Id, Acme.Connection.Id, Cancellation))!;
        await Storage.Connections.ChangeAsync(
            connection with
            {
                Proxy = ProxyMode.Off,
            },
            moves: false,
            Traces.None,
            Cancellation
        );

        await RefusedAsync(intent, StartRefusal.ConnectionChanged, "connection_changed");
    }

    [Fact]
    public async Task Call_CannotStart_ForAnOperator()
    {
        Principal operatorPrincipal = new()
        {
            Kind = PrincipalKind.Operator,
            Environment = null,
            ClientId = "operator",
            DisplayName = "operator",
            Client = null,
            ClientEpoch = 1,
        };
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"), operatorPrincipal);

        await RefusedAsync(intent, StartRefusal.ClientRemoved, "client_removed");
    }

    [Fact]
    public async Task Call_CanStart_InALiveSession_AndCannotOnceItEnded()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        (Principal principal, _) = await Acme.SessionAsync("alice", TimeSpan.FromMinutes(15));
        (await Storage.Audit.StartAsync(await Acme.IntentAsync(account, principal), Cancellation))
            .Should()
            .BeOfType<StartResult.Started>();
        Time.Advance(TimeSpan.FromMinutes(15));

        CallIntent late = await Acme.IntentAsync(account, principal);
        await RefusedAsync(late, StartRefusal.SessionEnded, "session_ended");
    }

    [Fact]
    public async Task Call_CannotStart_InAnotherUsersSession()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        (Principal bobs, _) = await Acme.SessionAsync("bob", TimeSpan.FromMinutes(15));

        await RefusedAsync(await Acme.IntentAsync(account, bobs), StartRefusal.SessionEnded, "session_ended");
    }

    [Fact]
    public async Task Call_CannotStart_OnceTheUserSignedOut()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        await Storage.Users.BumpEpochAsync(Acme.Id, intent.Subject.Identifier, Traces.None, Cancellation);

        await RefusedAsync(intent, StartRefusal.UserSignedOut, "user_signed_out");
    }

    [Fact]
    public async Task Call_CannotStart_OnceThePolicyChanged()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice")) with { PolicyRevision = 2 };

        await RefusedAsync(intent, StartRefusal.ConnectionChanged, "connection_changed");
    }

    [Fact]
    public async Task Call_CannotStart_OnAnotherUsersAccount()
    {
        ConnectedAccount alices = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bobs = await Acme.ActiveAccountAsync("bob");
        CallIntent intent = await Acme.IntentAsync(alices) with { Account = bobs.Id };

        await RefusedAsync(intent, StartRefusal.AccountNotActive, "account_not_active");
    }

    [Fact]
    public async Task Call_CannotStart_OnAnAccountOfAnotherConnection()
    {
        Connection second = Acme.NewConnection(Storage, Acme.Id, "second", "second");
        await Storage.Connections.AddAsync(second, Traces.None, Cancellation);
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent intent = await Acme.IntentAsync(account) with { Connection = second.Id };

        await RefusedAsync(intent, StartRefusal.AccountNotActive, "account_not_active");
    }

    [Fact]
    public async Task Call_CannotStart_WhenAScopeIsMissing()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice")) with
        {
            NeededScopes = ScopeSet.Parse("tasks:read tasks:delete"),
        };

        await RefusedAsync(intent, StartRefusal.ScopesMissing, "scope_missing");
    }

    [Fact]
    public async Task Call_CanStart_WhenNoScopeIsNamed()
    {
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice")) with
        {
            NeededScopes = ScopeSet.Empty,
        };

        (await Storage.Audit.StartAsync(intent, Cancellation)).Should().BeOfType<StartResult.Started>();
    }

    [Fact]
    public async Task NoCallStarts_AfterAStopWasAcknowledged()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent[] intents = await AtOnceAsync(40, _ => Acme.IntentAsync(account));
        TaskCompletionSource acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<StartResult>[] calls =
        [
            .. intents.Select(
                async (intent, i) =>
                {
                    if (i % 2 == 1)
                    {
                        await acknowledged.Task;
                    }

                    return await Storage.Audit.StartAsync(intent, Cancellation);
                }
            ),
        ];
        bool stopped = await Storage.Accounts.StopAsync(
            account,
            account.RowVersion,
            delete: false,
            AccountReasons.Revoked,
            null,
            Traces.Of(Acme.Draft("account.revoked")),
            Cancellation
        );
        acknowledged.SetResult();
        StartResult[] results = await Task.WhenAll(calls);

        stopped.Should().BeTrue();
        results.Where((_, i) => i % 2 == 1).Should().AllBeOfType<StartResult.Refused>();
        List<AuditRecord> trail = await Acme.TrailAsync();
        int revoked = trail.FindIndex(record => record.Draft.Action == "account.revoked");
        trail.Skip(revoked).Should().NotContain(record => record.Draft.Kind == AuditKind.Intent);
    }
}
