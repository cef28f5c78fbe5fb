using System.Text.RegularExpressions;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Storage.SharedTests;
using Behalf.Storage.Sqlite.Stores;
using Dapper;
using Microsoft.Extensions.Time.Testing;
using SQLitePCL;

namespace Behalf.Storage.Sqlite.Tests;

/// <summary>Lists stay fast with millions of rows: what narrows them is found by an index.</summary>
public sealed class QueryPlanTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lists_AreServedByTheIndexOfWhatNarrowsThem()
    {
        FakeTimeProvider time = new();
        await using StorageUnderTest storage = await SqliteUnderTest.FreshAsync(time);
        Acme acme = await Acme.BuildAsync(storage, "acme");
        SqliteDatabase database = storage.Get<SqliteDatabase>();
        AuditFilter audit = new(acme.Id);
        AccountFilter accounts = new() { Environment = acme.Id };
        PageRequest page = new(10);

        (string Index, Func<Task> List)[] lists =
        [
            ("audit_record_identifier", () => storage.Audit.ListAsync(audit with { Identifier = "a" }, page, default)),
            (
                "audit_record_execution",
                () => storage.Audit.ListAsync(audit with { Execution = new ExecutionId(Guid.Empty) }, page, default)
            ),
            ("audit_record_agent_run", () => storage.Audit.ListAsync(audit with { AgentRun = "a" }, page, default)),
            (
                "audit_record_denial",
                () => storage.Audit.ListAsync(audit with { Kind = AuditKind.Denial }, page, default)
            ),
            ("audit_record_admin", () => storage.Audit.ListAsync(audit with { Kind = AuditKind.Admin }, page, default)),
            ("audit_record_id", () => storage.Audit.ListAsync(audit, page, default)),
            (
                "identifier>?",
                () => storage.Accounts.ListAsync(accounts with { IdentifierPrefix = "al" }, page, default)
            ),
            (
                "identifier=?",
                () => storage.Accounts.ListAsync(accounts with { Identifier = Identifier.Parse("a") }, page, default)
            ),
            (
                "connection_id=?",
                () => storage.Accounts.ListAsync(accounts with { Connections = [acme.Connection.Name] }, page, default)
            ),
            ("identifier=?", () => storage.Accounts.OfUserAsync(acme.Id, Identifier.Parse("a"), default)),
        ];
        foreach ((string index, Func<Task> list) in lists)
        {
            List<string> statements = await StatementsOfAsync(database, list);
            string rows = statements.Single(sql => sql.Contains("ORDER BY", StringComparison.Ordinal));
            string[] plan = await PlanAsync(database, rows);
            plan.Should().Contain(step => step.Contains(index, StringComparison.Ordinal), rows);
            plan.Should().NotContain(step => step.StartsWith("SCAN a", StringComparison.Ordinal), rows);
        }
    }

    [Theory]
    [InlineData(ExecutionProjection.Next)]
    [InlineData(ExecutionProjection.Pending)]
    public async Task LogOfCalls_IsFilledFromWhereItStands_HoweverLongTheTrailIs(string sql)
    {
        await using StorageUnderTest storage = await SqliteUnderTest.FreshAsync(new FakeTimeProvider());
        string filled = Regex.Replace(sql, "@[a-z]+", "1", RegexOptions.NonBacktracking);

        string[] plan = await PlanAsync(storage.Get<SqliteDatabase>(), filled);

        plan.Should().Contain(step => step.Contains("sequence>?", StringComparison.Ordinal), sql);
        plan.Should().NotContain(step => step.StartsWith("SCAN r", StringComparison.Ordinal), sql);
        plan.Should().NotContain(step => step.StartsWith("SCAN audit_record", StringComparison.Ordinal), sql);
    }

    /// <summary>What one list runs, with its values written out.</summary>
    private static async Task<List<string>> StatementsOfAsync(SqliteDatabase database, Func<Task> list)
    {
        List<string> statements = [];
        await database.ReadAsync(
            connection =>
            {
                raw.sqlite3_trace(connection.Handle, (_, sql) => statements.Add(sql.utf8_to_string()), null);
                return true;
            },
            Cancellation
        );
        await list(); // the pool gives the connection that was returned last
        await database.ReadAsync(
            connection =>
            {
                raw.sqlite3_trace(connection.Handle, (strdelegate_trace?)null, null);
                return true;
            },
            Cancellation
        );
        return statements;
    }

    private static Task<string[]> PlanAsync(SqliteDatabase database, string sql) =>
        database.ReadAsync<string[]>(
            connection => [.. connection.Query<Step>($"EXPLAIN QUERY PLAN {sql}").Select(step => step.Detail)],
            Cancellation
        );

    private sealed class Step
    {
        public required string Detail { get; init; }
    }
}
