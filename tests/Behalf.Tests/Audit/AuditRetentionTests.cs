using Behalf.Audit;
using Behalf.Tests.Vault;

namespace Behalf.Tests.Audit;

/// <summary>What is old goes, and what is left still proves that nothing else did.</summary>
public sealed class AuditRetentionTests(OpenVault opened) : IClassFixture<OpenVault>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Ten records of two lanes; the first five are older than the returned time.</summary>
    private async Task<(TestTrail Trail, DateTimeOffset Before)> RecordedAsync()
    {
        TestTrail trail = new(opened.Vault);
        await trail.RecordAsync(5);
        await trail.CheckpointAsync();
        trail.Time.Advance(TimeSpan.FromDays(10));
        DateTimeOffset before = trail.Time.GetUtcNow();
        await trail.RecordAsync(2);
        trail.Store.Lane = "node-2";
        await trail.RecordAsync(3);
        await trail.CheckpointAsync();
        return (trail, before);
    }

    private static Task<long> RemoveAsync(TestTrail trail, DateTimeOffset before) =>
        trail.Upkeep.RemoveBeforeAsync(Calls.Environment, before, Cancellation);

    [Fact]
    public async Task OldRecords_AreRemoved_AndTheRestIsWhole()
    {
        (TestTrail trail, DateTimeOffset before) = await RecordedAsync();
        await using TestTrail owned = trail;

        (await RemoveAsync(trail, before)).Should().Be(5);

        trail.Store.Records.Should().OnlyContain(record => record.At >= before);
        AuditVerification verification = await trail.VerifyAsync();
        verification.Faults.Should().BeEmpty();
        verification.Records.Should().Be(6, "five are left and one says what was removed");
        (await RemoveAsync(trail, before)).Should().Be(0);
        trail.Time.Advance(TimeSpan.FromDays(1));
        (await RemoveAsync(trail, trail.Time.GetUtcNow())).Should().Be(6);
        (await trail.VerifyAsync()).Faults.Should().BeEmpty("a lane without records begins at its anchor");
    }

    [Fact]
    public async Task WhoRemovesMore_OrRewritesTheRest_IsFound()
    {
        (TestTrail trail, DateTimeOffset before) = await RecordedAsync();
        await using TestTrail owned = trail;
        await RemoveAsync(trail, before);

        StoredAuditRecord first = trail.Store.Records[0];
        trail.Store.Records.RemoveAt(0);
        (await trail.VerifyAsync()).Faults.Should().Contain(fault => fault.Lane == first.Lane);
        trail.Store.Records.Insert(0, first);
        (await trail.VerifyAsync()).IsWhole.Should().BeTrue();
    }

    [Fact]
    public async Task AnchorNobodySigned_IsNone_AndACheckpointIsNoAnchor()
    {
        (TestTrail trail, DateTimeOffset before) = await RecordedAsync();
        await using TestTrail owned = trail;
        await RemoveAsync(trail, before);
        AuditAnchor signed = trail.Store.Anchor!;
        AuditLaneHead last = trail.Store.Heads["node-1"];

        foreach (
            AuditAnchor forged in new[]
            {
                new AuditAnchor(signed.Statement with { Heads = [last] }),
                new AuditAnchor(signed.Statement with { At = signed.Statement.At.AddSeconds(1) }),
                new AuditAnchor(trail.Store.Checkpoints[^1]),
            }
        )
        {
            trail.Store.Anchor = forged;
            AuditVerification verification = await trail.VerifyAsync();
            verification.Faults.Should().Contain(fault => fault.Description.Contains("anchor"));
            verification.Faults.Should().Contain(fault => fault.Description.Contains("missing"));
            (await RemoveAsync(trail, trail.Time.GetUtcNow().AddDays(1))).Should().Be(0);
        }
    }

    [Fact]
    public async Task LaneThatDoesNotVerify_IsKept_WithItsEvidence()
    {
        (TestTrail trail, DateTimeOffset before) = await RecordedAsync();
        await using TestTrail owned = trail;
        trail.Store.Records[2] = trail.Store.Records[2] with { Hash = new byte[32] };

        (await RemoveAsync(trail, before)).Should().Be(0);

        trail.Store.Records.Should().HaveCount(10);
        trail.Log.Lines.Should().Contain(line => line.Message.Contains("does not verify"));
    }

    [Fact]
    public async Task Redaction_DeletesTheNamed_AlsoWhereOthersRecordsNameThem()
    {
        await using TestTrail trail = new(opened.Vault);
        await trail.Audit.RecordAsync(Calls.Admin("own") with { Identifier = "carol", Detail = "hers" }, Cancellation);
        await trail.Audit.RecordAsync(
            Calls.Admin("mismatch") with
            {
                Identifier = "alice",
                Detail = "the link was made for \"alice\", the person in the browser is \"carol\"",
            },
            Cancellation
        );
        await trail.Audit.RecordAsync(
            Calls.Admin("another") with
            {
                Identifier = "bob",
                Detail = "the request named \"carolyn\"",
            },
            Cancellation
        );

        Result<long> redacted = await trail.Upkeep.RedactAsync(
            Calls.Environment,
            Identifier.Parse("carol"),
            "operator",
            Cancellation
        );

        redacted.Value.Should().Be(2);
        AuditRecord[] records = [.. trail.Store.Records.Select(AuditChain.Read)];
        records.Select(record => record.Redacted).Should().Equal(true, true, false, false);
        records[^1].Draft.Action.Should().Be("audit.redacted");
        records.Select(record => $"{record.Draft}").Should().NotContain(text => text.Contains("carol\""));
        (await trail.VerifyAsync()).IsWhole.Should().BeTrue();
    }

    [Fact]
    public async Task Redaction_IsNotBegun_WhenItCannotBeRecorded()
    {
        await using TestTrail trail = new(opened.Vault);
        await trail.Audit.RecordAsync(Calls.Admin("own") with { Identifier = "carol" }, Cancellation);
        trail.Store.Failures = 1;

        Result<long> redacted = await trail.Upkeep.RedactAsync(
            Calls.Environment,
            Identifier.Parse("carol"),
            "operator",
            Cancellation
        );

        redacted.Problem!.Code.Should().Be("audit_unavailable");
        AuditChain.Read(trail.Store.Records[0]).Redacted.Should().BeFalse();
    }
}
