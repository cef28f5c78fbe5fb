using Behalf.Audit;
using Behalf.Connections;
using Behalf.Storage.SharedTests;
using Behalf.TestPostgreSql;
using Behalf.Waiting;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>What a call costs on the wire, and what becomes of it when the wire breaks.</summary>
public sealed class RoundTripTests : IAsyncLifetime
{
    /// <summary>What is sent with the records, and never without.</summary>
    private const string Expected = "WITH called AS";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private string _direct = string.Empty;
    private StorageUnderTest? _other;
    private Acme? _acme;
    private Wire? _wire;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Acme Acme => _acme!;

    private Wire Wire => _wire!;

    public async ValueTask InitializeAsync()
    {
        _direct = await PostgreSqlServer.CreateDatabaseAsync();
        _other = await PostgreSqlUnderTest.OpenAsync(_direct, _time, "other");
        _acme = await Acme.BuildAsync(_other, "acme");
        _wire = new Wire(new NpgsqlConnectionStringBuilder(_direct).Port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }

        if (_wire is not null)
        {
            await _wire.DisposeAsync();
        }
    }

    [Fact]
    public async Task CallThatIsAsExpected_StartsInOneRoundTrip_AndOneThatIsNot_IsRefusedAfterThree()
    {
        ConnectedAccount account = await Acme.ActiveAccountAsync("alice");
        CallIntent intent = await Acme.IntentAsync(account);
        // With the real clocks: the database is told no other time at each opening.
        await using ServiceProvider services = Services(TimeProvider.System);
        await services.GetRequiredService<PostgreSqlDatabase>().OpenAsync(Cancellation);
        IAuditStore audit = services.GetRequiredService<IAuditStore>();
        for (int warm = 0; warm < 5; warm++)
        {
            await audit.StartAsync(intent with { Execution = NewExecution() }, Cancellation);
        }

        int before = Wire.Trips;
        StartResult result = await audit.StartAsync(intent with { Execution = NewExecution() }, Cancellation);
        (Wire.Trips - before).Should().Be(1);
        DateTimeOffset at = result.Should().BeOfType<StartResult.Started>().Which.Call.StartedAt;

        await _other!.Accounts.StopAsync(
            account,
            account.RowVersion,
            false,
            "revoked",
            null,
            Traces.None,
            Cancellation
        );
        before = Wire.Trips;
        result = await audit.StartAsync(intent with { Execution = NewExecution() }, Cancellation);
        (Wire.Trips - before).Should().Be(3);
        result.Should().BeOfType<StartResult.Refused>().Which.Reason.Should().Be(StartRefusal.AccountNotActive);

        List<AuditRecord> trail = await Acme.TrailAsync();
        trail.Should().HaveCount(7).And.ContainSingle(record => record.Draft.Kind == AuditKind.Denial);
        trail.Should().ContainSingle(record => record.At == at);
        trail.Select(record => record.At).Should().BeInAscendingOrder();
        (await AuditSuite.VerifyAsync(audit, Acme.Id, Cancellation)).Should().Be(7);
    }

    [Fact]
    public async Task CallThatWasSent_AndDidNotArrive_StartsOnce()
    {
        await using StorageUnderTest node = await OpenAsync();
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        await node.Audit.StartAsync(intent, Cancellation);

        Wire.CutAt(Expected, Wire.When.BeforeItArrives);
        CallIntent next = intent with { Execution = NewExecution() };
        (await node.Audit.StartAsync(next, Cancellation)).Should().BeOfType<StartResult.Started>();

        (await AuditSuite.VerifyAsync(node.Audit, Acme.Id, Cancellation)).Should().Be(2);
    }

    /// <summary>What allowed it was read before, and holds.</summary>
    [Fact]
    public async Task CallThatWasStored_AndNotAcknowledged_HasStarted_WhereWhatAllowsItWasKnown()
    {
        await using StorageUnderTest node = await OpenAsync();
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));

        Wire.CutAt("INSERT INTO audit_lane", Wire.When.OnceItIsAnswered);
        (await node.Audit.StartAsync(intent, Cancellation)).Should().BeOfType<StartResult.Started>();
        _time.Advance(TimeSpan.FromMinutes(1));
        (await node.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(0);

        (await AuditSuite.VerifyAsync(node.Audit, Acme.Id, Cancellation)).Should().Be(1);
    }

    /// <summary>It was refused and sent nothing, so it has its end as well.</summary>
    [Fact]
    public async Task CallThatWasStored_AndNotAcknowledged_IsRefused_AndGetsItsEnd()
    {
        await using StorageUnderTest node = await OpenAsync();
        CallIntent intent = await Acme.IntentAsync(await Acme.ActiveAccountAsync("alice"));
        await node.Audit.StartAsync(intent, Cancellation);

        Wire.CutAt(Expected, Wire.When.OnceItIsAnswered);
        CallIntent next = intent with { Execution = NewExecution() };
        await node
            .Audit.Invoking(audit => audit.StartAsync(next, Cancellation))
            .Should()
            .ThrowAsync<StorageUnavailableException>();
        _time.Advance(TimeSpan.FromMinutes(1));
        (await node.Audit.CompleteAbandonedAsync(Cancellation)).Should().Be(1);

        (await Acme.TrailAsync())
            .Where(record => record.Draft.Execution == next.Execution)
            .Select(record => (record.Draft.Kind, record.Draft.Outcome))
            .Should()
            .Equal((AuditKind.Intent, null), (AuditKind.Completion, CallOutcomes.PlatformError));
        (await AuditSuite.VerifyAsync(node.Audit, Acme.Id, Cancellation)).Should().Be(3);
    }

    [Fact]
    public async Task RecordThatWasStored_AndNotAcknowledged_IsStoredOnce()
    {
        await using StorageUnderTest node = await OpenAsync();
        await node.Audit.AppendAsync(Acme.Draft("first"), Cancellation);

        Wire.CutAt(Expected, Wire.When.OnceItIsAnswered);
        await node.Audit.AppendAsync(Acme.Draft("second"), Cancellation);
        await node.Audit.AppendAsync(Acme.Draft("third"), Cancellation);

        (await Acme.TrailAsync()).Select(record => record.Draft.Action).Should().Equal("first", "second", "third");
        (await AuditSuite.VerifyAsync(node.Audit, Acme.Id, Cancellation)).Should().Be(3);
    }

    /// <summary>As the backlog does it: the same record again, until somebody says that it is stored.</summary>
    [Fact]
    public async Task RecordThatWasStored_BeforeTheDatabaseWentAway_IsStoredOnce_WhenItComesAgain()
    {
        await using StorageUnderTest node = await OpenAsync();
        await node.Audit.AppendAsync(Acme.Draft("first"), Cancellation);
        AuditDraft stored = Acme.Draft("second");
        AuditDraft unsent = Acme.Draft("third");

        Wire.CutAt(Expected, Wire.When.OnceItIsAnswered);
        Wire.IsDown = true;
        foreach (AuditDraft draft in new[] { stored, unsent, stored })
        {
            await node
                .Audit.Invoking(audit => audit.AppendAsync(draft, Cancellation))
                .Should()
                .ThrowAsync<StorageUnavailableException>();
        }

        Wire.IsDown = false;
        await node.Audit.AppendAsync(stored, Cancellation);
        await node.Audit.AppendAsync(unsent, Cancellation);

        (await Acme.TrailAsync()).Select(record => record.Draft.Action).Should().Equal("first", "second", "third");
        (await AuditSuite.VerifyAsync(node.Audit, Acme.Id, Cancellation)).Should().Be(3);
    }

    /// <summary>The second attempt begins while the database is still busy with the first.</summary>
    [Fact]
    public async Task RecordThatIsStoredWhileItIsSentAgain_IsStoredOnce()
    {
        await using StorageUnderTest node = await OpenAsync();
        await node.Audit.AppendAsync(Acme.Draft("first"), Cancellation);
        await using NpgsqlConnection holder = new($"{_direct};Pooling=false");
        await holder.OpenAsync(Cancellation);
        await using NpgsqlConnection looker = new($"{_direct};Pooling=false");
        await using NpgsqlTransaction held = await holder.BeginTransactionAsync(Cancellation);
        await holder.ExecuteAsync("SELECT 1 FROM audit_lane FOR UPDATE");

        Wire.CutAt(Expected, Wire.When.WhileItIsCarriedOut);
        Task second = node.Audit.AppendAsync(Acme.Draft("second"), Cancellation);
        await Eventually.HoldsAsync(
            async () =>
                await looker.ExecuteScalarAsync<long>(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ) == 2,
            "both attempts wait for the lane"
        );
        await held.CommitAsync(Cancellation);

        await second;
        await node.Audit.AppendAsync(Acme.Draft("third"), Cancellation);
        (await Acme.TrailAsync()).Select(record => record.Draft.Action).Should().Equal("first", "second", "third");
        (await AuditSuite.VerifyAsync(node.Audit, Acme.Id, Cancellation)).Should().Be(3);
    }

    private static ExecutionId NewExecution() => ExecutionId.From(Guid.CreateVersion7());

    private async Task<StorageUnderTest> OpenAsync()
    {
        ServiceProvider services = Services(_time);
        await services.GetRequiredService<PostgreSqlDatabase>().OpenAsync(Cancellation);
        return new StorageUnderTest(services, _time);
    }

    /// <summary>Without heartbeats in between.</summary>
    private ServiceProvider Services(TimeProvider time) =>
        PostgreSqlUnderTest.Services(
            new NpgsqlConnectionStringBuilder(_direct) { Port = Wire.Port }.ConnectionString,
            time,
            "node",
            heartbeat: TimeSpan.FromHours(1)
        );
}
