using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Events;
using Behalf.Storage.SharedTests;
using Behalf.TestPostgreSql;
using Dapper;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Tests;

/// <summary>What waits together is committed together. Counted in transactions, which no speed of a machine changes.</summary>
public sealed class GroupCommitTests
{
    private const int Calls = 600;
    private const int LargestBundle = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// The first bundle is held up in the database, by the row that each of them locks; all other calls come meanwhile.
    /// </summary>
    [Fact]
    public async Task CallsThatComeWhileABundleIsCommitted_ShareTheNextOnes_FromTheirStartToTheirEnd()
    {
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using (StorageUnderTest node = await PostgreSqlUnderTest.OpenAsync(database, time))
        {
            Acme acme = await Acme.BuildAsync(node, "acme");
            ConnectedAccount account = await acme.ActiveAccountAsync("alice");
            CallIntent intent = await acme.IntentAsync(account);
            CallIntent[] intents =
            [
                .. Enumerable
                    .Range(0, Calls)
                    .Select(_ => intent with { Execution = ExecutionId.From(Guid.CreateVersion7()) }),
            ];

            Task<StartResult>[] started = [];
            await HeldUpAsync(
                database,
                () => started = [.. intents.Select(one => node.Audit.StartAsync(one, Cancellation))]
            );
            (await Task.WhenAll(started)).Should().OnlyContain(result => result is StartResult.Started);
            await HeldUpAsync(
                database,
                () =>
                    [
                        .. intents.Select(one =>
                            node.Audit.AppendAsync(
                                acme.Draft("tool.call", "alice") with
                                {
                                    Kind = AuditKind.Completion,
                                    Execution = one.Execution,
                                    Outcome = CallOutcomes.Success,
                                },
                                Cancellation
                            )
                        ),
                    ]
            );
            (await AuditSuite.VerifyAsync(node.Audit, acme.Id, Cancellation)).Should().Be(2 * Calls);
        }

        foreach (AuditKind kind in new[] { AuditKind.Intent, AuditKind.Completion })
        {
            // The one that was held up, whatever it had taken in by then, and full bundles.
            (
                await SqlAsync<long>(
                    database,
                    $"SELECT count(DISTINCT xmin::text) FROM audit_record WHERE kind = {(int)kind}"
                )
            )
                .Should()
                .BeLessThanOrEqualTo(2 + Calls / LargestBundle);
        }

        // Every session has ended and told what it did: with migrations, set-up and reading, a fraction of the calls.
        (await SqlAsync<long>(database, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"))
            .Should()
            .BePositive()
            .And.BeLessThan(Calls / 3);
    }

    /// <summary>A million accounts are refreshed beside the calls of everybody: they shall not stand in one line with them.</summary>
    [Fact]
    public async Task RefreshedTokens_AreStored_WhileTheLaneIsHeldUp()
    {
        string database = await PostgreSqlServer.CreateDatabaseAsync();
        FakeTimeProvider time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using StorageUnderTest node = await PostgreSqlUnderTest.OpenAsync(database, time);
        Acme acme = await Acme.BuildAsync(node, "acme");
        ConnectedAccount account = await acme.ActiveAccountAsync("alice");
        RefreshLease lease = (
            await node.Refreshes.AcquireAsync(acme.Id, account.Id, TimeSpan.FromMinutes(1), Cancellation)
        )!;
        await node.Refreshes.AttemptAsync(lease, account.Generation, isProbe: false, Cancellation);
        EventDraft refreshed = new(
            acme.Id,
            EventTypes.TokenRefreshSucceeded,
            account.Id,
            new Dictionary<string, string>()
        );

        await HeldUpAsync(
            database,
            () =>
            {
                Task held = node.Audit.AppendAsync(acme.Draft("held.up"), Cancellation);
                node.Refreshes.CommitAsync(
                        lease,
                        acme.NewCredential(account, account.Generation),
                        Traces.None.With(refreshed),
                        Cancellation
                    )
                    .Wait(Patience)
                    .Should()
                    .BeTrue();
                return [held];
            }
        );

        (await acme.ReadAsync(account)).Generation.Should().Be(account.Generation + 1);
        (await node.Events.ListAsync(new EventFilter(acme.Id), new PageRequest(10), Cancellation))
            .Items.Should()
            .ContainSingle(one => one.Event.Type == EventTypes.TokenRefreshSucceeded);
    }

    /// <summary>Begins all of it while this node's row is locked, and lets it go then.</summary>
    private static async Task HeldUpAsync(string database, Func<IReadOnlyList<Task>> work)
    {
        await using NpgsqlConnection holder = new($"{database};Pooling=false");
        await holder.OpenAsync(Cancellation);
        await using NpgsqlTransaction transaction = await holder.BeginTransactionAsync(Cancellation);
        await holder.ExecuteAsync("SELECT 1 FROM node FOR UPDATE");
        IReadOnlyList<Task> begun = work();
        begun.Should().OnlyContain(one => !one.IsCompleted);
        await transaction.CommitAsync(Cancellation);
        await Task.WhenAll(begun);
    }

    private static async Task<T> SqlAsync<T>(string database, string sql)
    {
        await using NpgsqlConnection connection = new($"{database};Pooling=false");
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }
}
