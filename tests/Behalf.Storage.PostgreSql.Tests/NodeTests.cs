using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Storage.SharedTests;
using Behalf.TestPostgreSql;
using Behalf.Vault;
using Behalf.Waiting;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>Two nodes on one database.</summary>
public sealed class NodeTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private string _connectionString = string.Empty;
    private StorageUnderTest? _a;
    private StorageUnderTest? _b;
    private Acme? _acme;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StorageUnderTest A => _a!;

    private StorageUnderTest B => _b!;

    private Acme Acme => _acme!;

    public async ValueTask InitializeAsync()
    {
        _connectionString = await PostgreSqlServer.CreateDatabaseAsync();
        _a = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "a");
        _b = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "b");
        _acme = await Acme.BuildAsync(_a, "acme");
    }

    public async ValueTask DisposeAsync()
    {
        if (_a is not null)
        {
            await _a.DisposeAsync();
        }

        if (_b is not null)
        {
            await _b.DisposeAsync();
        }
    }

    private async Task<T> SqlAsync<T>(string sql, object? values = null)
    {
        await using NpgsqlConnection connection = new(_connectionString);
        return (await connection.ExecuteScalarAsync<T>(sql, values))!;
    }

    private Task SilenceAsync(string node) =>
        SqlAsync<int>(
            "UPDATE node SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE name = @node RETURNING 1",
            new { node }
        );

    private Task<StartResult> StopAndTryAsync(StorageUnderTest on, CallIntent intent) =>
        on.Audit.StartAsync(intent, Cancellation);

    [Fact]
    public async Task EachNode_WritesItsOwnLane_AndEveryChainIsWhole()
    {
        await Task.WhenAll(
            Enumerable
                .Range(0, 600)
                .Select(i => (i % 2 == 0 ? A : B).Audit.AppendAsync(Acme.Draft($"action.{i}"), Cancellation))
        );

        (await AuditSuite.VerifyAsync(A.Audit, Acme.Id, Cancellation)).Should().Be(600);
        (await B.Audit.HeadsAsync(Acme.Id, Cancellation)).Select(head => head.Lane).Should().Equal("a", "b");
    }

    [Fact]
    public async Task WhatOneNodeWithdrew_StartsNothingOnTheOther()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent signedOut = await Acme.IntentAsync(account);
        await A.Users.BumpEpochAsync(Acme.Id, account.Identifier, Traces.None, Cancellation);
        (await StopAndTryAsync(B, signedOut)).Should().Be(new StartResult.Refused(StartRefusal.UserSignedOut));

        CallIntent stopped = await Acme.IntentAsync(account);
        await A.Accounts.StopAsync(account, account.RowVersion, false, "revoked", null, Traces.None, Cancellation);
        (await StopAndTryAsync(B, stopped)).Should().Be(new StartResult.Refused(StartRefusal.AccountNotActive));

        CallIntent removed = await Acme.IntentAsync(account);
        await A.Clients.RemoveAsync(Acme.Id, Acme.Client.Id, Traces.None, Cancellation);
        (await StopAndTryAsync(B, removed)).Should().Be(new StartResult.Refused(StartRefusal.ClientRemoved));
    }

    /// <summary>Not a fault that is known to pass: the statement itself is refused, as where somebody altered the table.</summary>
    [Fact]
    public async Task Node_GoesOnBeating_AfterTheDatabaseRefusedABeat()
    {
        await using StorageUnderTest node = await PostgreSqlUnderTest.OpenAsync(
            _connectionString,
            _time,
            "beating",
            heartbeat: TimeSpan.FromMilliseconds(50)
        );
        const string Refusals = "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        Task<DateTime> BeatAsync() => SqlAsync<DateTime>("SELECT heartbeat_at FROM node WHERE name = 'beating'");
        await SqlAsync<int>("ALTER TABLE node RENAME COLUMN heartbeat_at TO somewhere_else");
        long before = await SqlAsync<long>(Refusals);
        await Eventually.HoldsAsync(async () => await SqlAsync<long>(Refusals) > before, "a beat is refused");
        await SqlAsync<int>("ALTER TABLE node RENAME COLUMN somewhere_else TO heartbeat_at");
        DateTime mended = await SqlAsync<DateTime>("SELECT clock_timestamp()");

        await Eventually.HoldsAsync(async () => await BeatAsync() > mended, "the next ones are told");
    }

    /// <summary>Whoever tells that something is stopped, and did not stop it, waits for the calls that its stop waits for.</summary>
    [Fact]
    public async Task WaitingForStarts_LastsAsLongAsACallIsStarting_WhoeverWithdrew()
    {
        await using NpgsqlConnection starting = new(_connectionString);
        await starting.OpenAsync(Cancellation);
        await using NpgsqlTransaction bundle = await starting.BeginTransactionAsync(Cancellation);
        await starting.ExecuteAsync($"SELECT {Engine.Withdrawal.Share}");

        Task waiting = B.Accounts.WaitForStartsAsync(Cancellation);
        while (await SqlAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 0)
        {
            waiting.IsCompleted.Should().BeFalse();
        }

        waiting.IsCompleted.Should().BeFalse();
        await bundle.CommitAsync(Cancellation);
        await waiting;
    }

    /// <summary>
    /// Both nodes start calls without pause while one of them revokes. What counts is the trail: at the moment of the
    /// acknowledgement all intents there will ever be are in it.
    /// </summary>
    [Fact]
    public async Task NoCallStartsAnywhere_AfterARevokeWasAcknowledged()
    {
        const int Rounds = 150;
        int started = 0;
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            ConnectedAccount account = await Acme.ActiveAccountAsync($"user_{round}");
            CallIntent intent = await Acme.IntentAsync(account);
            using CancellationTokenSource enough = new();
            Task<StartResult[]>[] callers =
            [
                .. Enumerable.Range(0, 8).Select(i => CallUntilAsync(i % 2 == 0 ? A : B, intent, enough.Token)),
            ];
            if (round % 3 > 0)
            {
                await B.Audit.StartAsync(intent with { Execution = NewExecution() }, Cancellation);
            }

            (
                await (round % 2 == 0 ? A : B).Accounts.StopAsync(
                    account,
                    account.RowVersion,
                    delete: false,
                    AccountReasons.Revoked,
                    null,
                    Traces.None,
                    Cancellation
                )
            )
                .Should()
                .BeTrue();
            long atAcknowledgement = await IntentsAsync(account);
            CallIntent late = intent with { Execution = NewExecution() };
            (await (round % 2 == 0 ? B : A).Audit.StartAsync(late, Cancellation))
                .Should()
                .BeOfType<StartResult.Refused>();
            await enough.CancelAsync();
            StartResult[] results = [.. (await Task.WhenAll(callers)).SelectMany(result => result)];

            (await IntentsAsync(account)).Should().Be(atAcknowledgement, $"in round {round}");
            started += results.Count(result => result is StartResult.Started);
            refused += results.Count(result => result is StartResult.Refused);
        }

        started.Should().BePositive();
        refused.Should().BePositive();
        await AuditSuite.VerifyAsync(B.Audit, Acme.Id, Cancellation);
    }

    private async Task<StartResult[]> CallUntilAsync(StorageUnderTest on, CallIntent intent, CancellationToken enough)
    {
        List<StartResult> results = [];
        do
        {
            results.Add(await on.Audit.StartAsync(intent with { Execution = NewExecution() }, Cancellation));
        } while (!enough.IsCancellationRequested);

        return [.. results];
    }

    private static ExecutionId NewExecution() => ExecutionId.From(Guid.CreateVersion7());

    private Task<long> IntentsAsync(ConnectedAccount account) =>
        SqlAsync<long>(
            "SELECT count(*) FROM audit_record WHERE identifier = @identifier AND kind = @intent",
            new { identifier = account.Identifier.Value, intent = (int)AuditKind.Intent }
        );

    [Fact]
    public async Task Lease_IsTakenByOneNode()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");

        RefreshLease?[] leases = await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(i =>
                    (i % 2 == 0 ? A : B).Refreshes.AcquireAsync(
                        Acme.Id,
                        account.Id,
                        TimeSpan.FromMinutes(1),
                        Cancellation
                    )
                )
        );

        leases.Should().ContainSingle(lease => lease != null);
    }

    [Fact]
    public async Task RevocationJob_IsGivenToOneNode()
    {
        for (int i = 0; i < 20; i++)
        {
            await A.Revocations.AddAsync(
                Acme.NewJob(await Acme.ActiveAccountAsync($"user_{i}")),
                Traces.None,
                Cancellation
            );
        }

        IReadOnlyList<RevocationJob>[] taken = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? A : B).Revocations.DueAsync(5, [], Cancellation))
        );

        taken.SelectMany(jobs => jobs).Select(job => job.Id).Should().OnlyHaveUniqueItems().And.HaveCount(20);
    }

    [Fact]
    public async Task OpenCalls_OfADeadNode_AreCompletedByAnother_AndOfALivingOneAreNot()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent intent = await Acme.IntentAsync(account);
        (await A.Audit.StartAsync(intent, Cancellation)).Should().BeOfType<StartResult.Started>();
        (await B.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(0);
        await SilenceAsync("a");

        int[] completed = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => B.Audit.CompleteAbandonedAsync(Cancellation))
        );

        completed.Sum().Should().Be(1);
        AuditRecord last = (await Acme.TrailAsync()).Single(record => record.Draft.Kind == AuditKind.Completion);
        last.Lane.Should().Be("b");
        last.Draft.Execution.Should().Be(intent.Execution);
        last.Draft.Outcome.Should().Be(CallOutcomes.OutcomeUnknown);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EqualCalls_OnBothNodes_StartOnce_AndNobodyKnowsOnceThatNodeIsDead(bool isNamed)
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallKey key = new()
        {
            Value = Digest.Of("key").Hex,
            Content = Digest.Of("content").Hex,
            IsNamed = isNamed,
        };
        CallIntent[] intents = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(async _ => await Acme.IntentAsync(account) with { Key = key, Writes = true })
        );

        StartResult[] results = await Task.WhenAll(
            intents.Select((intent, i) => (i % 2 == 0 ? A : B).Audit.StartAsync(intent, Cancellation))
        );

        StartedCall started = results.OfType<StartResult.Started>().Should().ContainSingle().Which.Call;
        results
            .OfType<StartResult.Repeated>()
            .Should()
            .HaveCount(19)
            .And.OnlyContain(one =>
                one.Prior.Execution == started.Intent.Execution && one.Prior.State == CallState.Running
            );
        bool isOfA = Array.FindIndex(results, result => result is StartResult.Started) % 2 == 0;
        (StorageUnderTest survivor, string dead) = isOfA ? (B, "a") : (A, "b");
        await SilenceAsync(dead);
        (await survivor.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(1);

        StartResult repeat = await survivor.Audit.StartAsync(
            await Acme.IntentAsync(account) with
            {
                Key = key,
                Writes = true,
            },
            Cancellation
        );
        PriorCall prior = repeat.Should().BeOfType<StartResult.Repeated>().Which.Prior;
        (prior.Execution, prior.State).Should().Be((started.Intent.Execution, CallState.Unknown));
    }

    [Fact]
    public async Task Lease_OfADeadProcess_IsFreeOnceItsNodeStartsAgain()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await A.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation);
        (await A.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        await using StorageUnderTest again = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "a");

        // Its answer may be in the node's spool: until the node has looked, nobody else asks.
        (await B.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation))
            .Should()
            .BeNull();
        await again.Refreshes.ReleaseInheritedAsync(Cancellation);
        RefreshLease? next = await again.Refreshes.AcquireAsync(
            Acme.Id,
            account.Id,
            TimeSpan.FromHours(1),
            Cancellation
        );

        next!.Fence.Should().BeGreaterThan(lease!.Fence);
        (await again.Refreshes.ReadAsync(next, Cancellation))!.LastAttempt.Should().Be(RefreshAttemptState.Sent);
        (await A.Refreshes.CommitAsync(lease, Acme.NewCredential(account, 1), Traces.None, Cancellation))
            .Should()
            .BeFalse();
    }

    [Fact]
    public async Task Lease_OfThisNodesProcessBefore_IsTakenUpByItAlone()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await A.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation);
        (await A.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        await using StorageUnderTest again = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "a");

        (await B.Refreshes.TakeUpAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation)).Should().BeNull();
        RefreshLease? next = await again.Refreshes.TakeUpAsync(
            Acme.Id,
            account.Id,
            TimeSpan.FromHours(1),
            Cancellation
        );

        next!.Fence.Should().BeGreaterThan(lease!.Fence);
        (await again.Refreshes.CommitAsync(next, Acme.NewCredential(account, 1), Traces.None, Cancellation))
            .Should()
            .BeTrue();
    }

    [Fact]
    public async Task Lease_OfASilentProcessThatSent_IsOvertakenOnlyOnPurpose()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease? lease = await A.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation);
        (await A.Refreshes.AttemptAsync(lease!, 1, isProbe: false, Cancellation)).Should().BeTrue();
        Task<RefreshLease?> OvertakeAsync(TimeSpan? within = null) =>
            B.Refreshes.OvertakeAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), within, Cancellation);
        (await OvertakeAsync()).Should().BeNull("its holder lives");
        await SilenceAsync("a");
        await using StorageUnderTest third = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "c");

        (await third.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation))
            .Should()
            .BeNull("the silent one may still bring the answer");
        _time.Advance(TimeSpan.FromSeconds(30));
        (await OvertakeAsync(TimeSpan.FromSeconds(25))).Should().BeNull("what it sent is older than the grace");
        RefreshLease? next = await OvertakeAsync(TimeSpan.FromSeconds(35));

        next!.Fence.Should().BeGreaterThan(lease!.Fence);
        (await A.Refreshes.CommitAsync(lease, Acme.NewCredential(account, 1), Traces.None, Cancellation))
            .Should()
            .BeFalse();

        (await B.Refreshes.AttemptAsync(next, 1, isProbe: true, Cancellation)).Should().BeTrue();
        await SilenceAsync("b");
        (await third.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation))
            .Should()
            .BeNull("a probe is a request too");
    }

    /// <summary>The database was away longer than the lease: its holder has the new pair and waits to store it.</summary>
    [Fact]
    public async Task Lease_ThatEndedUnanswered_IsLeftToItsHolder_ByANodeThatWasCutOffItself()
    {
        TimeSpan lease = TimeSpan.FromSeconds(30);
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob");
        RefreshLease received = (await A.Refreshes.AcquireAsync(Acme.Id, alice.Id, lease, Cancellation))!;
        RefreshLease lost = (await A.Refreshes.AcquireAsync(Acme.Id, bob.Id, lease, Cancellation))!;
        foreach (RefreshLease one in new[] { received, lost })
        {
            (await A.Refreshes.AttemptAsync(one, 1, isProbe: false, Cancellation)).Should().BeTrue();
        }

        _time.Advance(lease + TimeSpan.FromSeconds(1));

        (await B.Refreshes.AcquireAsync(Acme.Id, alice.Id, lease, Cancellation)).Should().BeNull("it was cut off too");
        NewCredential next = Acme.NewCredential(alice, 1, "rotated");
        (await A.Refreshes.CommitAsync(received, next, Traces.None, Cancellation)).Should().BeTrue();
        (await B.Refreshes.AcquireAsync(Acme.Id, alice.Id, lease, Cancellation)).Should().NotBeNull();
        await SqlAsync<int>(
            "UPDATE node SET steady_since = steady_since - interval '1 minute' WHERE name = 'b' RETURNING 1"
        );
        (await B.Refreshes.AcquireAsync(Acme.Id, bob.Id, lease, Cancellation))
            .Should()
            .NotBeNull("the others had their turn");
    }

    [Fact]
    public async Task NodeThatWasSilent_IsNotSteadyAtOnce()
    {
        await using StorageUnderTest node = await PostgreSqlUnderTest.OpenAsync(
            _connectionString,
            _time,
            "beating",
            heartbeat: TimeSpan.FromMilliseconds(50)
        );
        Task<bool> IsSteadyAsync() =>
            SqlAsync<bool>(
                "SELECT steady_since < clock_timestamp() - interval '30 minutes' FROM node WHERE name = 'beating'"
            );
        await SqlAsync<int>(
            "UPDATE node SET steady_since = steady_since - interval '1 hour' WHERE name = 'beating' RETURNING 1"
        );
        DateTime before = await SqlAsync<DateTime>("SELECT clock_timestamp()");
        Task<DateTime> BeatAsync() => SqlAsync<DateTime>("SELECT heartbeat_at FROM node WHERE name = 'beating'");
        await Eventually.HoldsAsync(async () => await BeatAsync() > before, "it beats");
        (await IsSteadyAsync()).Should().BeTrue("beats in time leave it so");

        await SilenceAsync("beating");

        await Eventually.HoldsAsync(async () => !await IsSteadyAsync(), "the beat after a break begins anew");
    }

    [Fact]
    public async Task StartThatWasNotAcknowledged_GetsItsEnd_WithoutARestart()
    {
        ServiceProvider services = PostgreSqlUnderTest.Services(_connectionString, _time, "d");
        PostgreSqlDatabase database = services.GetRequiredService<PostgreSqlDatabase>();
        await database.OpenAsync(Cancellation);
        await using StorageUnderTest node = new(services, _time);
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        StartResult result = await node.Audit.StartAsync(await Acme.IntentAsync(account), Cancellation);
        StartedCall started = result.Should().BeOfType<StartResult.Started>().Which.Call;
        _time.Advance(TimeSpan.FromMinutes(1));
        (await node.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(0, "a call that runs is not abandoned");

        database.Calls.Doubtful.Add(started.Intent.Execution);
        _time.Advance(TimeSpan.FromMinutes(1));

        (await node.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(1);
        (await node.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(0);
    }

    [Fact]
    public async Task ProcessThatLostItsName_WritesNoRecordAnyMore()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent intent = await Acme.IntentAsync(account);
        await using StorageUnderTest successor = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "a");
        await successor.Audit.AppendAsync(Acme.Draft("of.the.successor"), Cancellation);
        Func<Task> start = () => A.Audit.StartAsync(intent, Cancellation);
        Func<Task> bump = () =>
            A.Users.BumpEpochAsync(Acme.Id, account.Identifier, Traces.Of(Acme.Draft("late")), Cancellation);

        (await start.Should().ThrowAsync<StorageUnavailableException>()).WithMessage("*serves as node a*");
        await bump.Should().ThrowAsync<StorageUnavailableException>();

        (await successor.Users.FindAsync(Acme.Id, account.Identifier, Cancellation))!.Value.Epoch.Should().Be(1);
        (await AuditSuite.VerifyAsync(successor.Audit, Acme.Id, Cancellation)).Should().Be(1);
    }

    /// <summary>What it sent or learned then, it could not commit: others would take its tokens for unspent.</summary>
    [Fact]
    public async Task ProcessThatLostItsName_SpendsNoTokenAnyMore()
    {
        TimeSpan lease = TimeSpan.FromHours(1);
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob");
        ConnectedAccount carol = await Acme.ActiveAccountAsync("carol");
        RefreshLease held = (await A.Refreshes.AcquireAsync(Acme.Id, alice.Id, lease, Cancellation))!;
        RefreshLease silent = (await B.Refreshes.AcquireAsync(Acme.Id, carol.Id, lease, Cancellation))!;
        (await B.Refreshes.AttemptAsync(silent, 1, isProbe: false, Cancellation)).Should().BeTrue();
        await A.Revocations.AddAsync(Acme.NewJob(bob), Traces.None, Cancellation);
        await using StorageUnderTest successor = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "a");
        await SilenceAsync("b");
        // As if it had taken the lease at that very moment: starting as its successor let go of it.
        await SqlAsync<int>(
            "UPDATE refresh_state SET owner = @owner, lease_until = behalf_now() + 3600000000 WHERE account_id = @account RETURNING 1",
            new { owner = held.Owner, account = alice.Id.Value }
        );
        Func<Task> acquire = () => A.Refreshes.AcquireAsync(Acme.Id, bob.Id, lease, Cancellation);
        Func<Task> takeUp = () => A.Refreshes.TakeUpAsync(Acme.Id, bob.Id, lease, Cancellation);

        (await A.Refreshes.AttemptAsync(held, 1, isProbe: false, Cancellation)).Should().BeFalse();
        (await acquire.Should().ThrowAsync<StorageUnavailableException>()).WithMessage("*serves as node a*");
        await takeUp.Should().ThrowAsync<StorageUnavailableException>();
        (await A.Refreshes.OvertakeAsync(Acme.Id, carol.Id, lease, null, Cancellation)).Should().BeNull();
        (await A.Revocations.DueAsync(10, [], Cancellation)).Should().BeEmpty();

        (await successor.Refreshes.OvertakeAsync(Acme.Id, carol.Id, lease, null, Cancellation)).Should().NotBeNull();
        (await successor.Refreshes.AcquireAsync(Acme.Id, bob.Id, lease, Cancellation)).Should().NotBeNull();
        (await successor.Revocations.DueAsync(10, [], Cancellation)).Should().ContainSingle();
    }

    /// <summary>The provider has spent the token that the pair replaces, whoever has the node's name meanwhile.</summary>
    [Fact]
    public async Task PairThatCameAfterTheNameWasLost_IsStored_WhileNobodyTookTheLease()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        RefreshLease lease = (
            await A.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation)
        )!;
        (await A.Refreshes.AttemptAsync(lease, 1, isProbe: false, Cancellation)).Should().BeTrue();
        await using StorageUnderTest successor = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "a");
        await successor.Refreshes.ReleaseInheritedAsync(Cancellation);
        NewCredential next = Acme.NewCredential(account, 1, "rotated");
        Traces traces = Traces.Of(Acme.Draft("refresh.succeeded"));

        (await A.Refreshes.CommitAsync(lease, next, traces, Cancellation)).Should().BeTrue();

        (await Acme.ReadAsync(account)).Generation.Should().Be(2);
        (await A.Refreshes.CommitAsync(lease, next, traces, Cancellation)).Should().BeFalse("it is done");
        (await successor.Refreshes.AcquireAsync(Acme.Id, account.Id, TimeSpan.FromHours(1), Cancellation))!
            .Fence.Should()
            .BeGreaterThan(lease.Fence);
        (await AuditSuite.VerifyAsync(successor.Audit, Acme.Id, Cancellation))
            .Should()
            .Be(0, "it has no lane any more");
    }

    [Fact]
    public async Task DataKey_IsNotDestroyed_WhileANodesSpoolNeedsIt_AlsoOfOneThatEnded()
    {
        RingKeyId old = Acme.RingKey;
        RingKey next = new(
            RingKeyId.From(Guid.CreateVersion7()),
            RingKeyKind.Data,
            RingKeyState.Prepared,
            [1],
            "file",
            _time.GetUtcNow()
        );
        await A.Keys.PrepareAsync(next, Traces.None, Cancellation);
        RingKeyId[] all = [.. (await A.Keys.ListAsync(Cancellation)).Select(key => key.Id)];
        await A.Keys.HoldAsync(all, [], Cancellation);
        await B.Keys.HoldAsync(all, [old], Cancellation);
        (await A.Keys.ActivateAsync(next.Id, Traces.None, Cancellation)).Should().BeTrue();
        _time.Advance(TimeSpan.FromHours(1));
        await using StorageUnderTest again = await PostgreSqlUnderTest.OpenAsync(_connectionString, _time, "b");

        KeyDestruction refused = await A.Keys.DestroyAsync(old, Traces.None, Cancellation);
        refused.Should().Be(new KeyDestruction(KeyDestructionOutcome.KeptByNode, 1));

        await again.Keys.HoldAsync(all, [], Cancellation);
        (await A.Keys.DestroyAsync(old, Traces.None, Cancellation))
            .Outcome.Should()
            .Be(KeyDestructionOutcome.Destroyed);
    }

    [Fact]
    public async Task Neighbours_AreCommitted_WhenOneRecordOfTheirBundleCannotBe()
    {
        await SqlAsync<int>("ALTER TABLE audit_record ADD CHECK (agent_run IS DISTINCT FROM 'refused')");
        Task[] records =
        [
            .. Enumerable
                .Range(0, 50)
                .Select(i =>
                    A.Audit.AppendAsync(
                        Acme.Draft($"action.{i}") with
                        {
                            AgentRun = i == 17 ? "refused" : null,
                        },
                        Cancellation
                    )
                ),
        ];
        await Task.WhenAll(records).ContinueWith(_ => { }, TaskScheduler.Default);

        records.Where(record => record.IsFaulted).Should().ContainSingle().Which.Should().BeSameAs(records[17]);
        (await AuditSuite.VerifyAsync(A.Audit, Acme.Id, Cancellation)).Should().Be(49);
    }

    [Fact]
    public async Task Denial_IsKept_WhenTheRefusedNameHoldsWhatTheDatabaseCannot()
    {
        await A.Audit.AppendAsync(Acme.Draft("denied", "nul\0 and half a pair \ud800"), Cancellation);

        (await Acme.TrailAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task BrokenConnections_AreNotNoticedByCallers()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent intent = await Acme.IntentAsync(account);
        for (int i = 0; i < 5; i++)
        {
            await SqlAsync<long>(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            );
            CallIntent next = intent with { Execution = NewExecution() };

            (await A.Audit.StartAsync(next, Cancellation)).Should().BeOfType<StartResult.Started>();
            (await A.Accounts.FindAsync(Acme.Id, account.Id, Cancellation)).Should().NotBeNull();
            await A.Users.BumpEpochAsync(Acme.Id, Identifier.Parse("nobody"), Traces.None, Cancellation);
        }
    }

    [Fact]
    public async Task NothingIsKeptInASession()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        await A.Audit.StartAsync(await Acme.IntentAsync(account), Cancellation);
        await A.Accounts.StopAsync(account, account.RowVersion, false, "revoked", null, Traces.None, Cancellation);

        (
            await SqlAsync<long>(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
            .Should()
            .Be(0);
    }
}
