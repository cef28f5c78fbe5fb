using System.Diagnostics;
using Behalf.Audit;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(400)]
    public async Task AcknowledgedWrites_AreThere_AfterTheProcessWasKilled(int acknowledgements)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        EnvironmentId environment = await PrepareAsync();

        List<string> acknowledged = await WriteAndKillAsync(environment, acknowledgements, cancellation);

        await using StorageUnderTest storage = await SqliteUnderTest.OpenAsync(_folder.Database, Clock());
        int records = await AuditSuite.VerifyAsync(storage.Audit, environment, cancellation);
        Dictionary<string, long> written = await ReadActionsAsync(storage, environment);
        written.Keys.Should().Contain(acknowledged);
        records.Should().Be(written.Count);

        // What was written together is there together: each change has its record and its event, each writer no gap.
        HashSet<string> events = await ReadEventsAsync(storage, environment);
        events.Should().BeEquivalentTo(written.Keys);
        foreach (IGrouping<string, string> writer in written.Keys.GroupBy(name => name.Split('.')[0]))
        {
            UserEpoch? epoch = await storage.Users.FindAsync(
                environment,
                Identifier.Parse($"user_{writer.Key}"),
                cancellation
            );
            epoch!.Value.Epoch.Should().Be(1 + writer.Count());
        }
    }

    private static FakeTimeProvider Clock() => new(TimeProvider.System.GetUtcNow());

    private async Task<EnvironmentId> PrepareAsync()
    {
        await using StorageUnderTest storage = await SqliteUnderTest.OpenAsync(_folder.Database, Clock());
        return (await Acme.BuildAsync(storage, "acme")).Id;
    }

    private async Task<List<string>> WriteAndKillAsync(
        EnvironmentId environment,
        int acknowledgements,
        CancellationToken cancellation
    )
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Behalf.Storage.Sqlite.CrashWriter.dll");
        using Process process = Process.Start(
            new ProcessStartInfo("dotnet", [program, _folder.Database, environment.ToString()])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        List<string> acknowledged = [];
        try
        {
            while (acknowledged.Count < acknowledgements)
            {
                string? line = await process.StandardOutput.ReadLineAsync(cancellation);
                acknowledged.Add(line ?? throw new InvalidOperationException("The writer ended by itself."));
            }
        }
        finally
        {
            process.Kill(); // SIGKILL
            await process.WaitForExitAsync(CancellationToken.None);
        }

        // What it had said before it died was acknowledged as well; the last line may be cut.
        string rest = await process.StandardOutput.ReadToEndAsync(cancellation);
        string[] lines = rest.Split('\n');
        acknowledged.AddRange(lines[..^1]);
        return acknowledged;
    }

    private static async Task<Dictionary<string, long>> ReadActionsAsync(
        StorageUnderTest storage,
        EnvironmentId environment
    )
    {
        Dictionary<string, long> actions = new(StringComparer.Ordinal);
        await foreach (
            StoredAuditRecord record in storage.Audit.ReadAsync(environment, TestContext.Current.CancellationToken)
        )
        {
            actions.Add(AuditChain.Read(record).Draft.Action, record.Sequence);
        }

        return actions;
    }

    private static async Task<HashSet<string>> ReadEventsAsync(StorageUnderTest storage, EnvironmentId environment)
    {
        HashSet<string> events = new(StringComparer.Ordinal);
        Guid? after = null;
        do
        {
            Page<StoredEvent> page = await storage.Events.ListAsync(
                new EventFilter(environment),
                new PageRequest(1000, After: after),
                TestContext.Current.CancellationToken
            );
            events.UnionWith(page.Items.Select(stored => stored.Event.Type));
            after = page.Next;
        } while (after is not null);

        return events;
    }
}
