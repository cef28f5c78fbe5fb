using System.Buffers;
using System.Security.Cryptography;

namespace Behalf.Audit;

/// <summary>
/// The record format, version 1. A body is: version (one byte), then length-prefixed environment, lane, sequence, time in
/// microseconds, kind, the impersonal fields, and a commitment for each personal one. Personal values and their salts
/// stand apart, so that they can be deleted. Hash = SHA-256(previous hash ‖ body). Pure; safe to call concurrently.
/// </summary>
public static class AuditChain
{
    /// <value>Of the format; written first in every body and kept beside it.</value>
    public const int Version = 1;

    /// <value>In bytes.</value>
    public const int HashLength = SHA256.HashSizeInBytes;

    private static readonly byte[] BeforeFirst = new byte[HashLength];

    private const string IdentifierField = "identifier";
    private const string ActingThroughField = "acting_through";
    private const string DetailField = "detail";

    /// <value>What stands before the first record of a lane: 32 zero bytes.</value>
    public static ReadOnlySpan<byte> Genesis => BeforeFirst;

    /// <summary>Gives a draft its place. Text that could forge or hide lines is escaped, over-long text cut with a marker.</summary>
    /// <param name="draft">What to record.</param>
    /// <param name="lane">1–128 characters without control or format characters.</param>
    /// <param name="sequence">From 1 without gaps.</param>
    /// <param name="at">Kept to the microsecond, in UTC.</param>
    /// <param name="previousHash">The hash of the record before it; <see cref="Genesis"/> for sequence 1.</param>
    public static StoredAuditRecord Append(
        AuditDraft draft,
        string lane,
        long sequence,
        DateTimeOffset at,
        ReadOnlySpan<byte> previousHash
    )
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        if (lane is not { Length: >= 1 and <= 128 } || !AuditText.IsClean(lane))
        {
            throw new ArgumentException("A lane's name has 1–128 printable characters.", nameof(lane));
        }

        long microseconds = Microseconds(at);
        using PooledBuffer body = new(512);
        using PooledBuffer personal = new(256);
        AuditFieldWriter fields = new(body);
        fields.Byte(Version);
        fields.Id(draft.Environment.Value);
        fields.Text(lane);
        fields.Number(sequence);
        fields.Number(microseconds);
        fields.Number((long)draft.Kind);
        fields.Text(AuditText.Neutralise(draft.Action));
        fields.Id(draft.Execution?.Value);
        fields.Text(AuditText.Neutralise(draft.Principal));
        fields.Text(AuditText.Neutralise(draft.AgentRun));
        fields.Text(AuditText.Neutralise(draft.Connection));
        fields.Id(draft.Account?.Value);
        fields.Text(AuditText.Neutralise(draft.Tool));
        fields.Text(AuditText.Neutralise(draft.ArgumentDigest));
        fields.Text(AuditText.Neutralise(draft.Decision));
        fields.Text(AuditText.Neutralise(draft.Outcome));
        fields.Number(draft.ProviderStatus);

        AuditFieldWriter values = new(personal);
        values.Byte(Version);
        const int salt = AuditCommitment.SaltLength;
        Span<byte> salts = stackalloc byte[3 * salt]; // drawn at once, which takes as long as one
        RandomNumberGenerator.Fill(salts);
        bool any = Commit(fields, values, salts[..salt], IdentifierField, draft.Identifier);
        any |= Commit(fields, values, salts[salt..^salt], ActingThroughField, draft.ActingThrough);
        any |= Commit(fields, values, salts[^salt..], DetailField, draft.Detail);

        return new StoredAuditRecord(
            draft.Environment,
            lane,
            sequence,
            Version,
            FromMicroseconds(microseconds),
            body.WrittenSpan.ToArray(),
            any ? personal.WrittenSpan.ToArray() : null,
            HashOf(body.WrittenSpan, previousHash)
        );
    }

    /// <summary>Reads a stored record. Its hash is not checked here: that takes the record before it.</summary>
    /// <exception cref="AuditBrokenException">
    /// The bytes are not a record of a known version, disagree with the columns beside them, or a personal value is not
    /// the one that was committed to.
    /// </exception>
    public static AuditRecord Read(StoredAuditRecord stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        AuditFieldReader fields = new(stored.Body);
        Require(fields.Byte() == Version && stored.Version == Version, "the record is of an unknown version");
        EnvironmentId environment = EnvironmentId.From(Present(fields.Id("environment"), "environment"));
        string lane = Present(fields.Text("lane"), "lane");
        long sequence = Present(fields.Number("sequence"), "sequence");
        long microseconds = Present(fields.Number("time"), "time");
        AuditKind kind = (AuditKind)Present(fields.Number("kind"), "kind");
        Require(Enum.IsDefined(kind), "kind is unknown");
        Require(stored.Hash is { Length: HashLength }, "the hash does not have 32 bytes");
        Require(environment == stored.Environment, "the record is of another environment");
        Require(lane == stored.Lane, "the record is of another lane");
        Require(sequence == stored.Sequence, "the record has another sequence");
        Require(microseconds == Microseconds(stored.At), "the record is of another time");

        AuditDraft draft = new()
        {
            Environment = environment,
            Kind = kind,
            Action = Present(fields.Text("action"), "action"),
            Execution = fields.Id("execution") is { } execution ? ExecutionId.From(execution) : null,
            Principal = fields.Text("principal"),
            AgentRun = fields.Text("agent run"),
            Connection = fields.Text("connection"),
            Account = fields.Id("account") is { } account ? AccountId.From(account) : null,
            Tool = fields.Text("tool"),
            ArgumentDigest = fields.Text("argument digest"),
            Decision = fields.Text("decision"),
            Outcome = fields.Text("outcome"),
            ProviderStatus = Status(fields.Number("provider status")),
        };

        bool redacted = ReadPersonal(ref fields, stored.Personal, ref draft);
        return new AuditRecord(
            draft,
            lane,
            sequence,
            FromMicroseconds(microseconds),
            Convert.ToHexStringLower(stored.Hash),
            redacted
        );
    }

    /// <summary>What the record's hash must be in its place.</summary>
    /// <param name="previousHash">32 bytes.</param>
    public static byte[] HashOf(StoredAuditRecord stored, ReadOnlySpan<byte> previousHash)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return HashOf(stored.Body, previousHash);
    }

    private static byte[] HashOf(ReadOnlySpan<byte> body, ReadOnlySpan<byte> previousHash)
    {
        if (previousHash.Length != HashLength)
        {
            throw new ArgumentException("A hash has 32 bytes.", nameof(previousHash));
        }

        using PooledBuffer whole = new(HashLength + body.Length);
        whole.Write(previousHash);
        whole.Write(body);
        return SHA256.HashData(whole.WrittenSpan);
    }

    private static bool Commit(
        AuditFieldWriter fields,
        AuditFieldWriter values,
        ReadOnlySpan<byte> salt,
        string field,
        string? value
    )
    {
        if (AuditText.Neutralise(value) is not { } clean)
        {
            fields.Null();
            values.Null();
            return false;
        }

        fields.Bytes(AuditCommitment.Of(salt, field, clean));
        values.Bytes(salt);
        values.Text(clean);
        return true;
    }

    /// <returns>True when there were personal values and they are gone.</returns>
    private static bool ReadPersonal(ref AuditFieldReader fields, byte[]? personal, ref AuditDraft draft)
    {
        bool kept = personal is not null;
        AuditFieldReader values = new(personal);
        Require(!kept || values.Byte() == Version, "the personal values are of an unknown version");
        bool any = Open(ref fields, ref values, kept, IdentifierField, out string? identifier);
        any |= Open(ref fields, ref values, kept, ActingThroughField, out string? actingThrough);
        any |= Open(ref fields, ref values, kept, DetailField, out string? detail);
        fields.End();
        values.End();
        Require(any || !kept, "there are personal values but nothing committed to them");
        draft = draft with { Identifier = identifier, ActingThrough = actingThrough, Detail = detail };
        return any && !kept;
    }

    private static bool Open(
        ref AuditFieldReader fields,
        ref AuditFieldReader values,
        bool kept,
        string field,
        out string? value
    )
    {
        value = null;
        bool committed = fields.TryBytes(field, HashLength, out ReadOnlySpan<byte> commitment);
        if (!kept)
        {
            return committed;
        }

        bool salted = values.TryBytes(field, AuditCommitment.SaltLength, out ReadOnlySpan<byte> salt);
        value = salted ? Present(values.Text(field), field) : null;
        Require(committed == salted, $"{field} is there without its commitment, or the other way round");
        Require(
            value is null || commitment.SequenceEqual(AuditCommitment.Of(salt, field, value)),
            $"{field} is not the value that was recorded"
        );
        return committed;
    }

    private static int? Status(long? value) =>
        value switch
        {
            null => null,
            >= int.MinValue and <= int.MaxValue => (int)value,
            _ => throw new AuditBrokenException("provider status is out of range"),
        };

    private static long Microseconds(DateTimeOffset at) =>
        (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset FromMicroseconds(long microseconds)
    {
        long latest = (DateTimeOffset.MaxValue.Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        long earliest = -DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond;
        Require(microseconds >= earliest && microseconds <= latest, "time is out of range");
        return DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
    }

    private static T Present<T>(T? value, string field)
        where T : struct => value ?? throw new AuditBrokenException($"{field} is missing");

    private static string Present(string? value, string field) =>
        value ?? throw new AuditBrokenException($"{field} is missing");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new AuditBrokenException(otherwise);
        }
    }
}
