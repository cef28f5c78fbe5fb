using System.Text.Json.Nodes;
using Behalf.Client;
using Microsoft.Data.Sqlite;

namespace Behalf.Crash.Tests;

/// <summary>What must hold after every death, and the means to see it.</summary>
internal static class Aftermath
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The peer of a dying server sees all kinds of failures; what counts is what is there afterwards.</summary>
    public static async Task SurviveAsync(Func<Task> attempt)
    {
        Exception? seen = await Record.ExceptionAsync(attempt);
        TestContext.Current.TestOutputHelper!.WriteLine(
            seen is null ? "the call went through" : $"the caller saw {seen.GetType().Name}: {seen.Message}"
        );
    }

    public static async Task WorksAsync(this Victim victim, string identifier)
    {
        ToolOutcome outcome = await victim.CallAsync(identifier, "asana_get_me", []);
        outcome.Should().BeOfType<ToolOutcome.Succeeded>(outcome.ToString());
    }

    /// <summary>The chain verifies, and every intent has exactly one end.</summary>
    public static async Task TrailIsWholeAsync(this Victim victim)
    {
        List<AuditRecord> records = await victim.RecordsAsync();
        string[] open =
        [
            .. records
                .Where(record => record.Kind is "intent" or "completion")
                .GroupBy(record => record.ExecutionId)
                .Where(call => call.Count(record => record.Kind == "completion") != 1)
                .Select(call => call.Key),
        ];
        open.Should().BeEmpty("after a restart every intent has one outcome");
        AuditVerification verification = await victim.Behalf.Audit.VerifyAsync(Cancellation);
        verification.Faults.Should().BeEmpty();
        verification.IsWhole.Should().BeTrue();
    }

    public static async Task<List<AuditRecord>> RecordsAsync(this Victim victim, string? identifier = null)
    {
        List<AuditRecord> records = [];
        AuditQuery query = new() { Identifier = identifier };
        await foreach (AuditRecord record in victim.Behalf.Audit.ListAsync(query, Cancellation))
        {
            records.Add(record);
        }

        return records;
    }

    public static async Task<string?> StatusAsync(this Victim victim, string identifier) =>
        (await victim.Behalf.Accounts.FindAsync("asana", identifier, Cancellation))?.Status;

    /// <summary>Asks until the answer is there, for a bounded time.</summary>
    public static async Task<T> ComesAsync<T>(Func<Task<T?>> ask, string what)
        where T : class
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        try
        {
            while (true)
            {
                if (await ask() is { } answer)
                {
                    return answer;
                }

                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException late) when (!Cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"Not within {Patience.TotalSeconds} s: {what}", late);
        }
    }

    /// <summary>
    /// Stands for the hour that an access token lives: the next server finds the user's refresh due. Nothing serves the
    /// folder meanwhile.
    /// </summary>
    public static async Task MakeDueAsync(this Victim victim, string identifier)
    {
        await using SqliteConnection connection = new($"Data Source={victim.Database};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            UPDATE refresh_state SET due_at = 1, not_before = 1
            WHERE account_id IN (SELECT id FROM account WHERE identifier = $identifier)
            """;
        command.Parameters.AddWithValue("$identifier", identifier);
        (await command.ExecuteNonQueryAsync(Cancellation)).Should().Be(1);
    }

    public static JsonObject TaskNamed(string name) =>
        new()
        {
            ["name"] = name,
            ["project"] = "Website",
            ["assignee"] = "me",
        };
}
