using Behalf.Audit;
using Behalf.Connections;
using Behalf.Events;

namespace Behalf.Storage.SharedTests;

public abstract class AuditSuite : StoreTests
{
    /// <summary>Checks each hash against the one before it, as a verifier does.</summary>
    public static async Task<int> VerifyAsync(
        IAuditStore audit,
        EnvironmentId environment,
        CancellationToken cancellation
    )
    {
        Dictionary<string, (long Sequence, byte[] Hash)> lanes = [];
        int records = 0;
        await foreach (StoredAuditRecord record in audit.ReadAsync(environment, cancellation))
        {
            (long last, byte[] hash) = lanes.GetValueOrDefault(record.Lane, (0, AuditChain.Genesis.ToArray()));
            record.Sequence.Should().Be(last + 1);
            record.Hash.Should().Equal(AuditChain.HashOf(record, hash));
            AuditChain.Read(record).Sequence.Should().Be(record.Sequence);
            lanes[record.Lane] = (record.Sequence, record.Hash);
            records++;
        }

        foreach (AuditLaneHead head in await audit.HeadsAsync(environment, cancellation))
        {
            lanes[head.Lane].Sequence.Should().Be(head.Sequence);
            lanes[head.Lane].Hash.Should().Equal(head.Hash);
        }

        return records;
    }

    [Fact]
    public async Task Chain_IsWhole_WhenManyAppendAtOnce()
    {
        await AtOnceAsync(
            1200,
            async i =>
            {
                await Storage.Audit.AppendAsync(Acme.Draft($"action.{i}", $"user_{i % 7}"), Cancellation);
                return true;
            }
        );

        (await VerifyAsync(Storage.Audit, Acme.Id, Cancellation)).Should().Be(1200);
    }

    [Fact]
    public async Task PatientRecord_IsStoredByItself_WhenNothingElseCommits()
    {
        await Storage.Audit.AppendSoonAsync(Acme.Draft("patient.action"));

        (await Acme.TrailAsync()).Should().Contain(record => record.Draft.Action == "patient.action");
    }

    [Fact]
    public async Task List_IsNarrowedByEachField()
    {
        ConnectedAccount alice = await Acme.ActiveAccountAsync("alice");
        ConnectedAccount bob = await Acme.ActiveAccountAsync("bob");
        CallIntent one = await Acme.IntentAsync(alice);
        CallIntent two = await Acme.IntentAsync(bob) with { AgentRun = "run-2" };
        await Storage.Audit.StartAsync(one, Cancellation);
        await Storage.Audit.StartAsync(two, Cancellation);
        await Storage.Audit.AppendAsync(
            Acme.Draft("tool.call", "alice") with
            {
                Kind = AuditKind.Completion,
                Execution = one.Execution,
                Outcome = CallOutcomes.Success,
            },
            Cancellation
        );

        async Task<AuditKind[]> KindsAsync(AuditFilter filter) =>
            [
                .. (await Storage.Audit.ListAsync(filter, new PageRequest(100), Cancellation)).Items.Select(record =>
                    record.Draft.Kind
                ),
            ];

        AuditFilter all = new(Acme.Id);
        (await KindsAsync(all)).Should().Equal(AuditKind.Intent, AuditKind.Intent, AuditKind.Completion);
        (await KindsAsync(all with { Identifier = "alice" })).Should().Equal(AuditKind.Intent, AuditKind.Completion);
        (await KindsAsync(all with { Execution = one.Execution }))
            .Should()
            .Equal(AuditKind.Intent, AuditKind.Completion);
        (await KindsAsync(all with { Kind = AuditKind.Intent })).Should().HaveCount(2);
        (await KindsAsync(all with { Kind = AuditKind.Denial })).Should().BeEmpty();
        (await KindsAsync(all with { AgentRun = "run-2" })).Should().Equal(AuditKind.Intent);
        (await KindsAsync(all with { AgentRun = "run-2", Identifier = "alice" })).Should().BeEmpty();
    }

    [Fact]
    public async Task List_KeepsTheOrderOfWriting_WithinOneMoment_AndWhenTheClockIsSetBack()
    {
        for (int i = 0; i < 20; i++)
        {
            await Storage.Audit.AppendAsync(Acme.Draft($"action.{i:D2}"), Cancellation);
            if (i == 10)
            {
                Time.AdjustTime(Time.GetUtcNow().AddHours(-1));
            }
        }

        List<string> actions = [];
        PageRequest request = new(3);
        while (true)
        {
            Page<AuditRecord> page = await Storage.Audit.ListAsync(new AuditFilter(Acme.Id), request, Cancellation);
            actions.AddRange(page.Items.Select(record => record.Draft.Action));
            if (page.Next is null)
            {
                break;
            }

            request = new PageRequest(3, After: page.Next);
        }

        actions.Should().HaveCount(20).And.BeInAscendingOrder(StringComparer.Ordinal);
        Page<AuditRecord> newest = await Storage.Audit.ListAsync(
            new AuditFilter(Acme.Id),
            new PageRequest(2, Before: new Guid(Enumerable.Repeat((byte)255, 16).ToArray())),
            Cancellation
        );
        newest.Items.Select(record => record.Draft.Action).Should().Equal("action.18", "action.19");
    }

    [Fact]
    public async Task Checkpoints_AreReadBackInTheirOrder()
    {
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);
        IReadOnlyList<AuditLaneHead> heads = await Storage.Audit.HeadsAsync(Acme.Id, Cancellation);
        AuditCheckpoint first = new(Acme.Id, Time.GetUtcNow(), heads, Acme.RingKey, [1, 2, 3]);
        AuditCheckpoint second = first with { Signature = [4, 5] };
        await Storage.Audit.AddCheckpointAsync(first, Cancellation);
        await Storage.Audit.AddCheckpointAsync(second, Cancellation);

        (await Storage.Audit.CheckpointsAsync(Acme.Id, Cancellation))
            .Should()
            .BeEquivalentTo([first, second], options => options.WithStrictOrdering());
        (await Storage.Audit.NewestCheckpointAsync(Acme.Id, Cancellation)).Should().BeEquivalentTo(second);
    }

    [Fact]
    public async Task AllHeads_AreThoseOfEachEnvironment()
    {
        Acme other = await Acme.BuildAsync(Storage, "other");
        (await Storage.Audit.NewestCheckpointAsync(Acme.Id, Cancellation)).Should().BeNull();
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);
        await Storage.Audit.AppendAsync(Acme.Draft(), Cancellation);
        await Storage.Audit.AppendAsync(other.Draft(), Cancellation);

        ILookup<EnvironmentId, AuditLaneHead> all = (await Storage.Audit.AllHeadsAsync(Cancellation)).ToLookup(
            one => one.Environment,
            one => one.Head
        );

        all[Acme.Id].Should().BeEquivalentTo(await Storage.Audit.HeadsAsync(Acme.Id, Cancellation));
        all[other.Id].Should().BeEquivalentTo(await Storage.Audit.HeadsAsync(other.Id, Cancellation));
        all[Acme.Id].Should().ContainSingle().Which.Sequence.Should().Be(2);
    }

    [Fact]
    public async Task Events_ArePagedInTheOrderOfWriting()
    {
        ConnectedAccount account = await Acme.AccountAsync("alice");
        for (int i = 0; i < 5; i++)
        {
            EventDraft draft = new(
                Acme.Id,
                EventTypes.AccountStatusUpdated,
                account.Id,
                new Dictionary<string, string> { ["number"] = $"{i}" }
            );
            await Storage.Users.BumpEpochAsync(Acme.Id, account.Identifier, Traces.None.With(draft), Cancellation);
        }

        Page<StoredEvent> first = await Storage.Events.ListAsync(
            new EventFilter(Acme.Id),
            new PageRequest(3),
            Cancellation
        );
        Page<StoredEvent> rest = await Storage.Events.ListAsync(
            new EventFilter(Acme.Id),
            new PageRequest(3, After: first.Next),
            Cancellation
        );

        first.Items.Concat(rest.Items).Select(e => e.Event.Data["number"]).Should().Equal("0", "1", "2", "3", "4");
        rest.Next.Should().BeNull();
        rest.Previous.Should().Be(rest.Items[0].Id.Value);
        first.Items[0].OccurredAt.Should().Be(Time.GetUtcNow());
        first.Items[0].Event.Account.Should().Be(account.Id);
    }
}
