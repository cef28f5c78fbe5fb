using System.Security.Cryptography;
using Behalf.Audit;
using Behalf.Connections;

namespace Behalf.Storage.SharedTests;

public abstract class AuditUpkeepSuite : StoreTests
{
    private IAuditUpkeepStore Upkeep => Storage.Get<IAuditUpkeepStore>();

    private AuditAnchor Anchor(params AuditLaneHead[] heads) =>
        new(new AuditCheckpoint(Acme.Id, Time.GetUtcNow(), heads, Acme.RingKey, RandomNumberGenerator.GetBytes(64)));

    private async Task ProjectAsync()
    {
        while (await Storage.Executions.ProjectAsync(Cancellation)) { }
    }

    private async Task<List<StoredAuditRecord>> AllAsync()
    {
        List<StoredAuditRecord> records = [];
        await foreach (StoredAuditRecord record in Storage.Audit.ReadAsync(Acme.Id, Cancellation))
        {
            records.Add(record);
        }

        return records;
    }

    [Fact]
    public async Task Redaction_DeletesOnePersonsValues_InBundles_AndKeepsTheChain()
    {
        for (int i = 0; i < 5; i++)
        {
            await Storage.Audit.AppendAsync(Acme.Draft($"action.{i}", "carol"), Cancellation);
            await Storage.Audit.AppendAsync(Acme.Draft($"action.{i}", "Carol"), Cancellation);
        }

        (await Upkeep.RedactAsync(Acme.Id, "carol", 3, Cancellation)).Should().Be(3);
        (await Upkeep.RedactAsync(Acme.Id, "carol", 3, Cancellation)).Should().Be(2);
        (await Upkeep.RedactAsync(Acme.Id, "carol", 3, Cancellation)).Should().Be(0);

        AuditRecord[] records = [.. (await AllAsync()).Select(AuditChain.Read)];
        records.Count(record => record.Redacted).Should().Be(5);
        records.Should().NotContain(record => record.Draft.Identifier == "carol");
        records.Count(record => record.Draft.Identifier == "Carol").Should().Be(5);
        (await AuditSuite.VerifyAsync(Storage.Audit, Acme.Id, Cancellation)).Should().Be(10);
    }

    [Fact]
    public async Task Redaction_OfNamedRecords_CountsThoseThatHadValues()
    {
        await Storage.Audit.AppendAsync(Acme.Draft("one", "alice"), Cancellation);
        await Storage.Audit.AppendAsync(Acme.Draft("two", "alice"), Cancellation);
        string lane = (await AllAsync())[0].Lane;

        (await Upkeep.RedactAsync(Acme.Id, [(lane, 2), (lane, 7), ("none", 1)], Cancellation)).Should().Be(1);
        (await Upkeep.RedactAsync(Acme.Id, [(lane, 2)], Cancellation)).Should().Be(0);

        (await AllAsync()).Select(record => record.Personal is null).Should().Equal(false, true);
    }

    [Fact]
    public async Task Redaction_ReachesTheLogs()
    {
        ConnectedAccount carol = await Acme.ActiveAccountAsync("carol");
        await Storage.Audit.StartAsync(await Acme.IntentAsync(carol), Cancellation);
        await ProjectAsync();

        await Upkeep.RedactLogsAsync(Acme.Id, "carol", Cancellation);

        Page<Behalf.Audit.Executions.Execution> log = await Storage.Executions.ListAsync(
            new Behalf.Audit.Executions.ExecutionFilter { Environment = Acme.Id },
            new PageRequest(10),
            Cancellation
        );
        log.Items.Should().ContainSingle().Which.Identifier.Should().BeNull();
    }

    [Fact]
    public async Task Oldest_EndsAtTheTime_AtTheFirstOpenCall_AndAtWhatTheLogHasNotTakenIn()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        int before = (await AllAsync()).Count;
        await Storage.Audit.AppendAsync(Acme.Draft("old"), Cancellation);
        (await Upkeep.OldestAsync(Acme.Id, Time.GetUtcNow().AddDays(1), 100, Cancellation)).Should().BeEmpty();
        await ProjectAsync();
        await Storage.Audit.StartAsync(await Acme.IntentAsync(alice), Cancellation);
        await Storage.Audit.AppendAsync(Acme.Draft("behind the open call"), Cancellation);
        Time.Advance(TimeSpan.FromDays(1));
        DateTimeOffset later = Time.GetUtcNow();
        await ProjectAsync();

        (await Upkeep.OldestAsync(Acme.Id, later, 100, Cancellation)).Should().HaveCount(before + 1);
        (await Upkeep.OldestAsync(Acme.Id, later, 1, Cancellation)).Should().HaveCount(1);
        (await Upkeep.OldestAsync(Acme.Id, later.AddDays(-2), 100, Cancellation)).Should().BeEmpty();
    }

    [Fact]
    public async Task Removal_MovesTheAnchorOnce_AndTakesWhatStandsBeforeIt()
    {
        for (int i = 0; i < 4; i++)
        {
            await Storage.Audit.AppendAsync(Acme.Draft($"action.{i}"), Cancellation);
        }

        StoredAuditRecord[] all = [.. await AllAsync()];
        AuditAnchor first = Anchor(new AuditLaneHead(all[1].Lane, 2, all[1].Hash));
        AuditAnchor other = Anchor(new AuditLaneHead(all[2].Lane, 3, all[2].Hash));

        (await Upkeep.RemoveAsync(first, null, Traces.None, Cancellation)).Should().BeTrue();
        (await Upkeep.RemoveAsync(other, null, Traces.None, Cancellation)).Should().BeFalse("another came first");
        (await Upkeep.RemoveAsync(other, other, Traces.None, Cancellation)).Should().BeFalse();
        (await AllAsync()).Select(record => record.Sequence).Should().Equal(3, 4);
        (await Storage.Audit.AnchorAsync(Acme.Id, Cancellation)).Should().BeEquivalentTo(first);
        (await Upkeep.RemoveAsync(other, first, Traces.Of(Acme.Draft("said")), Cancellation)).Should().BeTrue();
        (await AllAsync()).Select(record => record.Sequence).Should().Equal(4, 5);
    }

    [Fact]
    public async Task OldLogs_AreRemoved_NewOnesAndTheNewestCheckpointStay()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        AuditCheckpoint checkpoint = new(Acme.Id, Time.GetUtcNow(), [], Acme.RingKey, [1]);
        await Storage.Audit.AddCheckpointAsync(checkpoint, Cancellation);
        await Storage.Audit.AddCheckpointAsync(checkpoint with { Signature = [2] }, Cancellation);
        await Storage.Audit.StartAsync(await Acme.IntentAsync(alice), Cancellation);
        await ProjectAsync();
        Time.Advance(TimeSpan.FromDays(2));
        DateTimeOffset before = Time.GetUtcNow().AddDays(-1);
        await Storage.Audit.StartAsync(await Acme.IntentAsync(alice), Cancellation);
        await ProjectAsync();

        await Upkeep.RemoveLogsAsync(Acme.Id, before, 100, Cancellation);

        (await Storage.Audit.CheckpointsAsync(Acme.Id, Cancellation)).Should().ContainSingle();
        Page<Behalf.Audit.Executions.Execution> log = await Storage.Executions.ListAsync(
            new Behalf.Audit.Executions.ExecutionFilter { Environment = Acme.Id },
            new PageRequest(10),
            Cancellation
        );
        log.Items.Should().ContainSingle().Which.StartedAt.Should().BeAfter(before);
    }
}
