using System.Text;
using Behalf.Audit;
using CsCheck;

namespace Behalf.Tests.Audit;

public sealed class AuditChainTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, 123, 456, TimeSpan.Zero);

    private static readonly Gen<string?> Texts = Gen.String[0, 30].Null();

    private static readonly Gen<AuditDraft> Drafts = Gen.Select(
        Gen.Guid,
        Gen.Int[1, 5],
        Texts.Array[11],
        Gen.Guid.Nullable(),
        Gen.Guid.Nullable(),
        Gen.Int.Nullable(),
        (environment, kind, texts, execution, account, status) =>
            new AuditDraft
            {
                Environment = new EnvironmentId(environment),
                Kind = (AuditKind)kind,
                Action = texts[0] ?? "tool.call",
                Execution = execution is { } e ? new ExecutionId(e) : null,
                Identifier = texts[1],
                Principal = texts[2],
                ActingThrough = texts[3],
                AgentRun = texts[4],
                Connection = texts[5],
                Account = account is { } a ? new AccountId(a) : null,
                Tool = texts[6],
                ArgumentDigest = texts[7],
                Decision = texts[8],
                Outcome = texts[9],
                ProviderStatus = status,
                Detail = texts[10],
            }
    );

    [Fact]
    public void Read_GivesBackWhatWasAppended() =>
        Drafts.Sample(draft =>
        {
            StoredAuditRecord stored = AuditChain.Append(draft, "node-1", 7, At, AuditChain.Genesis);

            AuditRecord record = AuditChain.Read(stored);

            record.Draft.Should().Be(Neutralised(draft));
            record.Lane.Should().Be("node-1");
            record.Sequence.Should().Be(7);
            record.At.Should().Be(At);
            record.Redacted.Should().BeFalse();
            record.Hash.Should().Be(Convert.ToHexStringLower(AuditChain.HashOf(stored, AuditChain.Genesis)));
        });

    [Fact]
    public void Read_AfterRedaction_KeepsTheHashAndForgetsThePerson()
    {
        StoredAuditRecord stored = AuditChain.Append(Full(), "node-1", 1, At, AuditChain.Genesis);
        StoredAuditRecord redacted = stored with { Personal = null };

        AuditRecord record = AuditChain.Read(redacted);

        record.Redacted.Should().BeTrue();
        record.Draft.Should().Be(Full() with { Identifier = null, ActingThrough = null, Detail = null });
        AuditChain.HashOf(redacted, AuditChain.Genesis).Should().Equal(stored.Hash);
        Encoding.UTF8.GetString(stored.Body).Should().NotContain("alice").And.NotContain("Team agent");
    }

    [Fact]
    public void Append_GivesEqualPersonsDifferentCommitments()
    {
        StoredAuditRecord first = AuditChain.Append(Full(), "node-1", 1, At, AuditChain.Genesis);
        StoredAuditRecord second = AuditChain.Append(Full(), "node-1", 1, At, AuditChain.Genesis);

        first.Body.Should().NotEqual(second.Body, "equal values must not be told by their commitments");
    }

    [Fact]
    public void Append_TellsNullFromEmpty()
    {
        AuditDraft empty = Full() with { Detail = string.Empty, Outcome = string.Empty };
        AuditDraft none = Full() with { Detail = null, Outcome = null };

        AuditChain.Read(AuditChain.Append(empty, "l", 1, At, AuditChain.Genesis)).Draft.Should().Be(empty);
        AuditChain.Read(AuditChain.Append(none, "l", 1, At, AuditChain.Genesis)).Draft.Should().Be(none);
    }

    [Theory]
    [InlineData("line\r\nforged", "line\\u{000D}\\u{000A}forged")]
    [InlineData("\u202Egnp.exe", "\\u{202E}gnp.exe")]
    [InlineData("a\u200Bb", "a\\u{200B}b")]
    [InlineData("esc\u001B[2J", "esc\\u{001B}[2J")]
    [InlineData("tag\U000E0041", "tag\\u{E0041}")]
    [InlineData("grüße 👋 Ω", "grüße 👋 Ω")]
    public void Append_WritesOutWhatCouldForgeOrHide(string text, string kept)
    {
        AuditDraft draft = Full() with { Detail = text, Tool = text };

        AuditDraft read = AuditChain.Read(AuditChain.Append(draft, "l", 1, At, AuditChain.Genesis)).Draft;

        read.Detail.Should().Be(kept);
        read.Tool.Should().Be(kept);
    }

    [Fact]
    public void Append_WritesOutHalfACharacter()
    {
        AuditDraft draft = Full() with { Detail = "a\uD800b" };

        AuditChain
            .Read(AuditChain.Append(draft, "l", 1, At, AuditChain.Genesis))
            .Draft.Detail.Should()
            .Be("a\\u{D800}b");
    }

    [Fact]
    public void Append_CutsLongText_WithAMarker()
    {
        AuditDraft draft = Full() with { Detail = string.Concat(Enumerable.Repeat("👋\u202E", 2000)) };

        string detail = AuditChain.Read(AuditChain.Append(draft, "l", 1, At, AuditChain.Genesis)).Draft.Detail!;

        detail.Should().StartWith("👋\\u{202E}").And.EndWith("…[cut]");
        detail.Length.Should().BeInRange(1000, 1024);
    }

    [Fact]
    public void Append_KeepsTextOfTheGreatestLength()
    {
        AuditDraft draft = Full() with { Detail = new string('x', 1024) };

        AuditChain.Read(AuditChain.Append(draft, "l", 1, At, AuditChain.Genesis)).Draft.Should().Be(draft);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    public void Append_RefusesALane_ThatIsNoName(string lane)
    {
        Action append = () => AuditChain.Append(Full(), lane, 1, At, AuditChain.Genesis);

        append.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Tampering_IsFound_InEveryByteOfARecord()
    {
        StoredAuditRecord stored = AuditChain.Append(Full(), "node-1", 3, At, AuditChain.Genesis);

        foreach (int bit in Enumerable.Range(0, stored.Body.Length * 8))
        {
            Holds(stored with { Body = Flip(stored.Body, bit) }).Should().BeFalse($"bit {bit} of the body");
        }

        foreach (int bit in Enumerable.Range(0, stored.Personal!.Length * 8))
        {
            Holds(stored with { Personal = Flip(stored.Personal, bit) }).Should().BeFalse($"bit {bit} of the person");
        }

        foreach (int bit in Enumerable.Range(0, stored.Hash.Length * 8))
        {
            Holds(stored with { Hash = Flip(stored.Hash, bit) }).Should().BeFalse($"bit {bit} of the hash");
        }

        Holds(stored).Should().BeTrue();
        Holds(stored with { Sequence = 4 }).Should().BeFalse();
        Holds(stored with { Lane = "node-2" }).Should().BeFalse();
        Holds(stored with { Version = 2 }).Should().BeFalse();
        Holds(stored with { At = At.AddMicroseconds(1) }).Should().BeFalse();
        Holds(stored with { Environment = new EnvironmentId(Guid.NewGuid()) }).Should().BeFalse();
        Holds(stored with { Personal = [] }).Should().BeFalse();
        Holds(stored with { Body = [.. stored.Body, 0] }).Should().BeFalse();
        Holds(stored with { Personal = [.. stored.Personal, 0] }).Should().BeFalse();
    }

    [Fact]
    public void Read_TakesAnyBytes_AndFailsInOneWay()
    {
        StoredAuditRecord stored = AuditChain.Append(Full(), "node-1", 3, At, AuditChain.Genesis);

        Gen.Select(
                Gen.Byte.Array[0, 300],
                Gen.Int[0, stored.Body.Length],
                Gen.Int[0, stored.Personal!.Length],
                Gen.Bool
            )
            .Sample(
                (noise, bodyCut, personalCut, inBody) =>
                {
                    StoredAuditRecord odd = inBody
                        ? stored with
                        {
                            Body = [.. stored.Body.AsSpan(0, bodyCut), .. noise],
                        }
                        : stored with
                        {
                            Personal = [.. stored.Personal.AsSpan(0, personalCut), .. noise],
                        };
                    try
                    {
                        // What reads at all reads as what was written.
                        AuditChain.Read(odd).Draft.Should().Be(Full());
                    }
                    catch (AuditBrokenException broken)
                    {
                        broken.Message.Should().NotBeEmpty().And.NotContain("alice");
                    }
                },
                iter: 5000
            );
    }

    private static AuditDraft Full() =>
        new()
        {
            Environment = Calls.Environment,
            Kind = AuditKind.Completion,
            Action = "tool.call",
            Execution = new ExecutionId(Guid.Parse("01900000-0000-7000-8000-000000000002")),
            Identifier = "alice",
            Principal = "app_team",
            ActingThrough = "grpc · Team agent",
            AgentRun = "run_1",
            Connection = "tracker",
            Account = new AccountId(Guid.Parse("01900000-0000-7000-8000-000000000003")),
            Tool = "tracker_create_task",
            ArgumentDigest = new string('a', 64),
            Decision = "allow",
            Outcome = "success",
            ProviderStatus = 201,
            Detail = "alice created a task",
        };

    private static bool Holds(StoredAuditRecord stored)
    {
        try
        {
            _ = AuditChain.Read(stored);
        }
        catch (AuditBrokenException)
        {
            return false;
        }

        return AuditChain.HashOf(stored, AuditChain.Genesis).AsSpan().SequenceEqual(stored.Hash);
    }

    private static AuditDraft Neutralised(AuditDraft draft) =>
        draft with
        {
            Action = AuditText.Neutralise(draft.Action)!,
            Identifier = AuditText.Neutralise(draft.Identifier),
            Principal = AuditText.Neutralise(draft.Principal),
            ActingThrough = AuditText.Neutralise(draft.ActingThrough),
            AgentRun = AuditText.Neutralise(draft.AgentRun),
            Connection = AuditText.Neutralise(draft.Connection),
            Tool = AuditText.Neutralise(draft.Tool),
            ArgumentDigest = AuditText.Neutralise(draft.ArgumentDigest),
            Decision = AuditText.Neutralise(draft.Decision),
            Outcome = AuditText.Neutralise(draft.Outcome),
            Detail = AuditText.Neutralise(draft.Detail),
        };

    private static byte[] Flip(byte[] bytes, int bit)
    {
        byte[] flipped = [.. bytes];
        flipped[bit / 8] ^= (byte)(1 << (bit % 8));
        return flipped;
    }
}
