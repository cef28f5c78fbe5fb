namespace Behalf.Audit;

public enum AuditKind
{
    /// <summary>A call is about to start: committed before the first upstream byte.</summary>
    Intent = 1,

    /// <summary>One upstream write of a call is about to be sent.</summary>
    Request = 2,

    Completion = 3,

    Denial = 4,

    /// <summary>Anything done to users, accounts, connections, clients, keys and settings.</summary>
    Admin = 5,
}

/// <summary>
/// One record before it has its place in the chain. Time, lane, sequence and hash are given by the store inside the
/// transaction. Personal fields enter the hash as salted commitments, so that redaction can delete value and salt.
/// No field may hold a secret; control characters are
/// written out as escapes, and text is cut at 1,024 characters.
/// </summary>
public sealed record AuditDraft
{
    public required EnvironmentId Environment { get; init; }

    public required AuditKind Kind { get; init; }

    /// <value>A stable name such as <c>tool.call</c>, <c>account.verified</c>, <c>link.created</c>.</value>
    public required string Action { get; init; }

    public ExecutionId? Execution { get; init; }

    /// <value>Personal: the identifier on whose behalf.</value>
    public string? Identifier { get; init; }

    /// <value>The public client id of the caller.</value>
    public string? Principal { get; init; }

    /// <value>The door and what the caller says of itself, such as <c>grpc · Team agent</c>.</value>
    public string? ActingThrough { get; init; }

    public string? AgentRun { get; init; }

    public string? Connection { get; init; }

    public AccountId? Account { get; init; }

    public string? Tool { get; init; }

    /// <value>Keyed digest of the canonical arguments; tells equal calls, reveals none.</value>
    public string? ArgumentDigest { get; init; }

    /// <value><c>allow</c> or <c>deny</c>, for intents and denials.</value>
    public string? Decision { get; init; }

    /// <value>A stable name: <c>success</c>, <c>provider_error</c>, <c>outcome_unknown</c>, or the denial's code.</value>
    public string? Outcome { get; init; }

    /// <value>The provider's status, when it answered.</value>
    public int? ProviderStatus { get; init; }

    /// <value>Personal: a sentence for people, for example naming both persons of a refused verification.</value>
    public string? Detail { get; init; }
}

/// <summary>A record in its place.</summary>
/// <param name="Lane">The chain it stands in; a lane has one writing node.</param>
/// <param name="Sequence">From 1 without gaps.</param>
/// <param name="Hash">SHA-256 over the previous hash and the record's canonical form, hexadecimal.</param>
/// <param name="Redacted">True once personal values were deleted; the chain still verifies.</param>
public sealed record AuditRecord(
    AuditDraft Draft,
    string Lane,
    long Sequence,
    DateTimeOffset At,
    string Hash,
    bool Redacted
);
