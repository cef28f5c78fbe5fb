using Behalf.Connections;
using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;
using Behalf.Storage.SharedTests;
using Behalf.TestPostgreSql;
using Behalf.Waiting;
using Dapper;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>What look-ups gave is remembered until any node changes it, and not a moment longer.</summary>
public sealed class ReadMemoryTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private string _database = string.Empty;
    private StorageUnderTest _node = null!;
    private Acme _acme = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgreSqlServer.CreateDatabaseAsync();
        _node = await PostgreSqlUnderTest.OpenAsync(_database, _time);
        _acme = await Acme.BuildAsync(_node, "acme");
        await _acme.ActiveAccountAsync("alice");
        await _acme.ActiveAccountAsync("bob");
    }

    public async ValueTask DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task WhatNobodyChanged_IsReadOnce_WhateverIsRecorded()
    {
        Counted shared = new(_node, user: null);
        Counted alice = new(_node, Rows("alice"));
        await shared.LookAsync();
        await alice.LookAsync();

        await _node.Audit.AppendAsync(_acme.Draft("tool.call", "alice"), Cancellation);
        await shared.LookAsync();
        await alice.LookAsync();

        shared.Reads.Should().Be(1);
        alice.Reads.Should().Be(1);
    }

    /// <summary>Typed by somebody, not written by a store: the tables tell of it themselves.</summary>
    [Theory]
    [InlineData("UPDATE environment SET name = name")]
    [InlineData("UPDATE api_client SET epoch = epoch + 1")]
    [InlineData("UPDATE api_client_secret SET not_after = 1")]
    [InlineData("DELETE FROM api_client_secret")]
    [InlineData("UPDATE connection SET enabled = false")]
    public async Task AChangeOfWhatAllShare_IsSeenAtOnce(string change)
    {
        Counted shared = new(_node, user: null);
        Counted alice = new(_node, Rows("alice"));
        await shared.LookAsync();
        await alice.LookAsync();

        (await ExecuteAsync(change)).Should().BePositive();
        await shared.LookAsync();
        await alice.LookAsync();

        shared.Reads.Should().Be(2);
        alice.Reads.Should().Be(2);
    }

    [Theory]
    [InlineData("UPDATE account SET status = 3 WHERE identifier = 'alice'")]
    [InlineData("UPDATE end_user SET epoch = epoch + 1 WHERE identifier = 'alice'")]
    public async Task AChangeOfOneUsersRows_LeavesOthersRemembered(string change)
    {
        Counted shared = new(_node, user: null);
        Counted alice = new(_node, Rows("alice"));
        Counted bob = new(_node, Rows("bob"));
        await LookAllAsync();

        (await ExecuteAsync(change)).Should().Be(1);
        await LookAllAsync();

        (shared.Reads, alice.Reads, bob.Reads).Should().Be((1, 2, 1));

        async Task LookAllAsync()
        {
            await shared.LookAsync();
            await alice.LookAsync();
            await bob.LookAsync();
        }
    }

    [Fact]
    public async Task AChangeOfMoreUsersThanAreNamed_IsOneOfAll()
    {
        await ExecuteAsync(
            $"""
            INSERT INTO end_user (environment_id, identifier, incarnation, epoch, created_at)
            SELECT '{_acme.Id.Value}', 'user-' || n, 1, 1, 0 FROM generate_series(1, 200) n
            """
        );
        Counted bob = new(_node, Rows("bob"));
        await bob.LookAsync();

        await ExecuteAsync("UPDATE end_user SET epoch = epoch + 1 WHERE identifier LIKE 'user-%'");
        await bob.LookAsync();

        bob.Reads.Should().Be(2);
        (await SqlAsync<long>("SELECT count(*) FROM change_mark WHERE identifier LIKE 'user-%'")).Should().Be(0);
    }

    /// <summary>What a snapshot did not see is not told by its number alone: it began before, and ended after.</summary>
    [Fact]
    public async Task AChangeThatWasRunningWhenItWasAskedFor_IsSeenOnceItCommits()
    {
        Counted alice = new(_node, Rows("alice"));
        await using NpgsqlConnection other = new($"{_database};Pooling=false");
        await other.OpenAsync(Cancellation);
        await using NpgsqlTransaction running = await other.BeginTransactionAsync(Cancellation);
        await other.ExecuteAsync("UPDATE account SET status = 3 WHERE identifier = 'alice'");
        await ExecuteAsync("UPDATE account SET reason = reason WHERE identifier = 'bob'"); // began later, ends earlier
        await alice.LookAsync();
        await alice.LookAsync();
        alice.Reads.Should().Be(1);

        await running.CommitAsync(Cancellation);
        await alice.LookAsync();
        alice.Reads.Should().Be(2);
    }

    /// <summary>After a crash ids are given out again that a snapshot of before counts as ended: the clock tells.</summary>
    [Fact]
    public async Task AChangeWithAnIdOfBefore_IsSeenByItsTime()
    {
        Counted alice = new(_node, Rows("alice"));
        await alice.LookAsync();

        await ExecuteAsync(
            $"""
            INSERT INTO change_mark (transaction, environment_id, identifier, at)
            VALUES ('3', '{_acme.Id.Value}', 'alice', clock_timestamp())
            """
        );
        await alice.LookAsync();

        alice.Reads.Should().Be(2);
    }

    [Fact]
    public async Task ATruncatedTable_IsAChangeOfAll()
    {
        Counted shared = new(_node, user: null);
        await shared.LookAsync();
        await ExecuteAsync("TRUNCATE mcp_group_policy");
        await shared.LookAsync();
        shared.Reads.Should().Be(2);
    }

    [Fact]
    public async Task AUserWhoIsBeingConnected_IsNotRemovedBeside()
    {
        Identifier carol = Identifier.Parse("carol");
        await _node.Users.EnsureAsync(_acme.Id, carol, Cancellation);
        await using NpgsqlConnection other = new($"{_database};Pooling=false");
        await other.OpenAsync(Cancellation);
        await using NpgsqlTransaction connecting = await other.BeginTransactionAsync(Cancellation);
        await other.ExecuteAsync("SELECT 1 FROM end_user WHERE identifier = 'carol' FOR UPDATE");
        Task<bool> removing = _node.Users.RemoveAsync(_acme.Id, carol, Traces.None, Cancellation);
        await other.ExecuteAsync(
            $"""
            INSERT INTO account (environment_id, id, connection_id, identifier, incarnation, status, generation,
              granted_scopes, created_at, updated_at, row_version)
            VALUES ('{_acme.Id.Value}', gen_random_uuid(), '{_acme.Connection.Id.Value}', 'carol', 1, 1, 0, '', 0, 0, 1)
            """
        );
        await connecting.CommitAsync(Cancellation);

        (await removing).Should().BeFalse("an account is there by then");
    }

    [Fact]
    public async Task AChangeThatIsUndone_IsNone()
    {
        Counted alice = new(_node, Rows("alice"));
        await alice.LookAsync();
        await using NpgsqlConnection other = new($"{_database};Pooling=false");
        await other.OpenAsync(Cancellation);
        await using (NpgsqlTransaction undone = await other.BeginTransactionAsync(Cancellation))
        {
            await other.ExecuteAsync("UPDATE account SET status = 3 WHERE identifier = 'alice'");
            await undone.RollbackAsync(Cancellation);
        }

        await alice.LookAsync();
        alice.Reads.Should().Be(1);
    }

    [Fact]
    public async Task ARevokeOnAnotherNode_IsSeenByTheNextLookUpHere()
    {
        await using StorageUnderTest other = await PostgreSqlUnderTest.OpenAsync(_database, _time, "node-2");
        Identifier alice = Identifier.Parse("alice");
        ConnectedAccount before = (await _node.Accounts.FindAsync(_acme.Id, _acme.Connection.Id, alice, Cancellation))!;
        UserEpoch epoch = (await _node.Users.FindAsync(_acme.Id, alice, Cancellation))!.Value;

        (await other.Users.BumpEpochAsync(_acme.Id, alice, Traces.None, Cancellation)).Should().BeTrue();
        (await _node.Users.FindAsync(_acme.Id, alice, Cancellation)).Should().NotBe(epoch);

        await ExecuteAsync(
            $"UPDATE account SET status = 3, row_version = row_version + 1 WHERE id = '{before.Id.Value}'"
        );
        (await _node.Accounts.FindAsync(_acme.Id, _acme.Connection.Id, alice, Cancellation))!
            .Status.Should()
            .NotBe(before.Status);
    }

    [Fact]
    public async Task AnOpenFlow_IsNotRemembered_AndItsBeginningIsSeen()
    {
        Identifier alice = Identifier.Parse("alice");
        ConnectedAccount account = (
            await _node.Accounts.FindAsync(_acme.Id, _acme.Connection.Id, alice, Cancellation)
        )!;
        account.OpenFlow.Should().BeNull();

        await _acme.FlowAsync(account);
        (await FindAsync()).OpenFlow.Should().NotBeNull();

        _time.Advance(TimeSpan.FromHours(1)); // it has expired by itself
        (await FindAsync()).OpenFlow.Should().BeNull();

        async Task<ConnectedAccount> FindAsync() =>
            (await _node.Accounts.FindAsync(_acme.Id, _acme.Connection.Id, alice, Cancellation))!;
    }

    [Fact]
    public async Task ARequest_AsksOnceForAllItsLookUps_AndAgainAfterItChangedSomething()
    {
        Counted alice = new(_node, Rows("alice"));
        await alice.LookAsync();

        RequestMoment.Begin();
        await alice.LookAsync();
        await ExecuteAsync("UPDATE account SET status = 3 WHERE identifier = 'alice'"); // after the request came
        await alice.LookAsync();
        alice.Reads.Should().Be(1, "the request came before the change");

        await _node.Users.BumpEpochAsync(_acme.Id, Identifier.Parse("bob"), Traces.None, Cancellation);
        await alice.LookAsync();
        alice.Reads.Should().Be(2, "it changed something itself");

        await ExecuteAsync("UPDATE account SET status = 2 WHERE identifier = 'alice'");
        RequestMoment.Begin();
        await alice.LookAsync();
        alice.Reads.Should().Be(3, "this one came after the change");

        await ExecuteAsync("UPDATE account SET status = 3 WHERE identifier = 'alice'");
        _time.Advance(TimeSpan.FromSeconds(2));
        await alice.LookAsync();
        alice.Reads.Should().Be(4, "it takes long");
    }

    [Fact]
    public async Task LostConnections_LoseNothing_AndWhatLeavesNoMarkIsNotRememberedForLong()
    {
        Counted shared = new(_node, user: null);
        await shared.LookAsync();
        await ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        );

        await shared.LookAsync(); // on another connection, to the same server
        shared.Reads.Should().Be(1);

        _time.Advance(TimeSpan.FromMinutes(1));
        await shared.LookAsync();
        shared.Reads.Should().Be(2);
    }

    [Fact]
    public async Task MarksThatNobodyCanNeed_AreRemoved()
    {
        OldMarks old = new(_time);
        await using NpgsqlConnection connection = new($"{_database};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using NpgsqlConnection other = new($"{_database};Pooling=false");
        await other.OpenAsync(Cancellation);
        await ExecuteAsync("UPDATE account SET reason = 'ended' WHERE identifier = 'alice'");
        await using NpgsqlTransaction running = await other.BeginTransactionAsync(Cancellation);
        await other.ExecuteAsync("UPDATE account SET reason = 'long' WHERE identifier = 'bob'");
        await old.RemoveAsync(connection);
        (await MarksAsync("alice")).Should().BePositive();

        await Eventually.HoldsAsync(
            () => IsRemovedAsync("alice"),
            "its transaction has ended before all snapshots that are asked with, other databases' too"
        );
        await running.CommitAsync(Cancellation);
        _time.Advance(TimeSpan.FromMinutes(11));
        await old.RemoveAsync(connection);
        (await MarksAsync("bob")).Should().BePositive("it was still running, however old the mark is");
        await Eventually.HoldsAsync(() => IsRemovedAsync("bob"), "the other one has ended as well");

        async Task<bool> IsRemovedAsync(string user)
        {
            _time.Advance(TimeSpan.FromMinutes(11));
            await old.RemoveAsync(connection);
            return await MarksAsync(user) == 0;
        }

        Task<long> MarksAsync(string user) =>
            SqlAsync<long>($"SELECT count(*) FROM change_mark WHERE identifier = '{user}'");
    }

    private UserRows Rows(string identifier) => new(_acme.Id, Identifier.Parse(identifier));

    private async Task<int> ExecuteAsync(string sql)
    {
        await using NpgsqlConnection connection = new($"{_database};Pooling=false");
        return await connection.ExecuteAsync(sql);
    }

    private async Task<T> SqlAsync<T>(string sql)
    {
        await using NpgsqlConnection connection = new($"{_database};Pooling=false");
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    /// <summary>A look-up that counts how often it reads.</summary>
    private sealed class Counted(StorageUnderTest node, UserRows? user)
    {
        public int Reads { get; private set; }

        public Task<string> LookAsync() =>
            node.Get<PostgreSqlDatabase>()
                .RecallAsync(
                    "counted",
                    "key",
                    user,
                    () =>
                    {
                        Reads++;
                        return Task.FromResult("read");
                    },
                    Cancellation
                );
    }
}
