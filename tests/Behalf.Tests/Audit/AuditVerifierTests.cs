using Behalf.Audit;
using Behalf.Tests.Vault;

namespace Behalf.Tests.Audit;

public sealed class AuditVerifierTests(OpenVault opened) : IClassFixture<OpenVault>
{
    [Fact]
    public async Task Verify_IsWhole_ForATrailNobodyTouched()
    {
        await using TestTrail trail = await RecordedAsync();

        AuditVerification verification = await trail.VerifyAsync();

        verification.IsWhole.Should().BeTrue();
        verification.Records.Should().Be(10);
        verification.Lanes.Should().Be(2);
        verification.Checkpoints.Should().Be(2);
    }

    [Fact]
    public async Task Verify_IsWhole_ForAnEmptyTrail()
    {
        await using TestTrail trail = new(opened.Vault);

        (await trail.VerifyAsync()).Should().BeEquivalentTo(new AuditVerification(0, 0, 0, []));
    }

    [Fact]
    public async Task Verify_StaysWhole_AfterRedaction()
    {
        await using TestTrail trail = await RecordedAsync();
        for (int i = 0; i < trail.Store.Records.Count; i++)
        {
            trail.Store.Records[i] = trail.Store.Records[i] with { Personal = null };
        }

        (await trail.VerifyAsync()).IsWhole.Should().BeTrue();
    }

    [Fact]
    public async Task Verify_FindsTampering_InEveryByte()
    {
        await using TestTrail trail = await RecordedAsync();
        StoredAuditRecord original = trail.Store.Records[2];

        foreach (int index in Enumerable.Range(0, original.Body.Length))
        {
            await FindsAsync(trail, 2, original with { Body = Altered(original.Body, index) });
        }

        foreach (int index in Enumerable.Range(0, original.Personal!.Length))
        {
            await FindsAsync(trail, 2, original with { Personal = Altered(original.Personal, index) });
        }

        foreach (int index in Enumerable.Range(0, original.Hash.Length))
        {
            await FindsAsync(trail, 2, original with { Hash = Altered(original.Hash, index) });
        }

        await FindsAsync(trail, 2, original with { At = original.At.AddSeconds(1) });
        await FindsAsync(trail, 2, original with { Version = 2 });
        await FindsAsync(trail, 2, original with { Environment = new EnvironmentId(Guid.NewGuid()) });
        (await trail.VerifyAsync()).IsWhole.Should().BeTrue();
    }

    [Fact]
    public async Task Verify_FindsDeletion_AnywhereInALane()
    {
        foreach (int index in Enumerable.Range(0, 10))
        {
            await using TestTrail trail = await RecordedAsync();
            StoredAuditRecord removed = trail.Store.Records[index];
            trail.Store.Records.RemoveAt(index);

            AuditVerification verification = await trail.VerifyAsync();

            verification
                .Faults.Should()
                .Contain(fault =>
                    fault.Lane == removed.Lane
                    && (fault.Description.Contains("missing") || fault.Description.Contains("cut off"))
                );
        }
    }

    [Fact]
    public async Task Verify_FindsReordering()
    {
        await using TestTrail trail = await RecordedAsync();
        (StoredAuditRecord second, StoredAuditRecord third) = (trail.Store.Records[1], trail.Store.Records[2]);
        trail.Store.Records[1] = third with { Sequence = second.Sequence };
        trail.Store.Records[2] = second with { Sequence = third.Sequence };

        AuditVerification verification = await trail.VerifyAsync();

        verification.Faults.Should().Contain(fault => fault.Description == "the record has another sequence");
        verification.Faults.Select(fault => fault.Sequence).Should().Contain([2, 3]);
    }

    [Fact]
    public async Task Verify_FindsARecord_MovedToAnotherLane()
    {
        await using TestTrail trail = await RecordedAsync();
        trail.Store.Records[4] = trail.Store.Records[4] with { Lane = "node-2", Sequence = 6 };

        AuditVerification verification = await trail.VerifyAsync();

        verification.Faults.Select(fault => fault.Lane).Should().Contain(["node-1", "node-2"]);
        verification.Faults.Should().Contain(fault => fault.Description == "the record is of another lane");
    }

    [Fact]
    public async Task Verify_FindsTruncation_WhenTheHeadIsLeft()
    {
        await using TestTrail trail = await RecordedAsync();
        trail.Store.Records.RemoveAll(record => record is { Lane: "node-1", Sequence: > 3 });

        (await trail.VerifyAsync())
            .Faults.Should()
            .Contain(fault => fault.Description.Contains("cut off after record 3"));
    }

    [Fact]
    public async Task Verify_FindsTruncation_WhenTheHeadWasMovedBack()
    {
        await using TestTrail trail = await RecordedAsync();
        trail.Store.Records.RemoveAll(record => record is { Lane: "node-1", Sequence: > 3 });
        StoredAuditRecord last = trail.Store.Records.Single(record => record is { Lane: "node-1", Sequence: 3 });
        trail.Store.Heads["node-1"] = new AuditLaneHead("node-1", 3, last.Hash);

        (await trail.VerifyAsync())
            .Faults.Should()
            .Contain(fault => fault.Lane == "node-1" && fault.Description.Contains("checkpoint"));
    }

    [Fact]
    public async Task Verify_FindsAChainThatWasComputedAnew_ByItsCheckpoints()
    {
        await using TestTrail trail = await RecordedAsync();
        byte[] previous = AuditChain.Genesis.ToArray();
        for (int i = 0; i < 5; i++)
        {
            StoredAuditRecord forged = AuditChain.Append(
                Calls.Admin("nothing happened here"),
                "node-1",
                i + 1,
                trail.Time.GetUtcNow(),
                previous
            );
            trail.Store.Records[i] = forged;
            previous = forged.Hash;
        }

        trail.Store.Heads["node-1"] = new AuditLaneHead("node-1", 5, previous);

        AuditVerification verification = await trail.VerifyAsync();

        verification.Faults.Should().NotBeEmpty();
        verification.Faults.Should().OnlyContain(fault => fault.Description.Contains("not the one of the checkpoint"));
    }

    [Fact]
    public async Task Verify_FindsACheckpoint_ThatWasNotSignedByUs()
    {
        await using TestTrail trail = await RecordedAsync();
        AuditCheckpoint original = trail.Store.Checkpoints[0];
        AuditCheckpoint[] forgeries =
        [
            original with
            {
                Signature = Altered(original.Signature, 7),
            },
            original with
            {
                Signature = [],
            },
            original with
            {
                At = original.At.AddMinutes(1),
            },
            original with
            {
                Heads = [original.Heads[0] with { Sequence = 1 }, .. original.Heads.Skip(1)],
            },
            original with
            {
                Heads = [],
            },
            original with
            {
                Key = new RingKeyId(Guid.NewGuid()),
            },
            original with
            {
                Environment = new EnvironmentId(Guid.NewGuid()),
            },
        ];

        foreach (AuditCheckpoint forgery in forgeries)
        {
            trail.Store.Checkpoints[0] = forgery;
            (await trail.VerifyAsync()).Faults.Should().Contain(fault => fault.Description.Contains("sign"));
        }
    }

    [Fact]
    public async Task Verify_FindsALane_WithoutHead()
    {
        await using TestTrail trail = await RecordedAsync();
        trail.Store.Heads.Remove("node-2");

        (await trail.VerifyAsync()).Faults.Should().Contain(fault => fault.Description.Contains("no head"));
    }

    [Fact]
    public async Task Verify_FindsRecords_BehindTheHead()
    {
        await using TestTrail trail = await RecordedAsync();
        trail.Store.Heads["node-2"] = new AuditLaneHead("node-2", 3, trail.Store.Records[7].Hash);

        (await trail.VerifyAsync())
            .Faults.Should()
            .Contain(fault => fault.Description.Contains("behind the lane's head"));
    }

    [Fact]
    public async Task Checkpoint_IsWritten_OnlyWhenALaneMoved()
    {
        await using TestTrail trail = new(opened.Vault);

        (await trail.CheckpointAsync()).Should().BeFalse("there is no lane yet");
        await trail.RecordAsync(1);
        (await trail.CheckpointAsync()).Should().BeTrue();
        (await trail.CheckpointAsync()).Should().BeFalse();
        await trail.RecordAsync(1);
        (await trail.CheckpointAsync()).Should().BeTrue();
        trail.Store.Checkpoints.Should().HaveCount(2);
    }

    /// <summary>Two lanes of five records, with a checkpoint after each lane's last.</summary>
    private async Task<TestTrail> RecordedAsync()
    {
        TestTrail trail = new(opened.Vault);
        await trail.RecordAsync(5);
        (await trail.CheckpointAsync()).Should().BeTrue();
        trail.Store.Lane = "node-2";
        await trail.RecordAsync(5);
        (await trail.CheckpointAsync()).Should().BeTrue();
        return trail;
    }

    private static async Task FindsAsync(TestTrail trail, int index, StoredAuditRecord altered)
    {
        StoredAuditRecord original = trail.Store.Records[index];
        trail.Store.Records[index] = altered;
        AuditVerification verification = await trail.VerifyAsync();
        trail.Store.Records[index] = original;

        verification
            .Faults.Should()
            .Contain(fault => fault.Lane == original.Lane && fault.Sequence == original.Sequence);
    }

    private static byte[] Altered(byte[] bytes, int index)
    {
        byte[] altered = [.. bytes];
        altered[index] ^= 0x40;
        return altered;
    }
}
