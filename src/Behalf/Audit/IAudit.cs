using Behalf.Identity;

namespace Behalf.Audit;

/// <summary>The write-ahead audit trail. If it cannot write, nothing is done. Safe to call concurrently.</summary>
public interface IAudit
{
    /// <value>A record could not be written a moment ago, and none since: calls are refused.</value>
    bool IsOut { get; }

    /// <summary>
    /// Commits the intent and, in the same transaction, reads the caller's authority again and fetches the sealed
    /// credential. A call starts when this commits; if anything changed, nothing is sent and the denial is recorded.
    /// </summary>
    /// <returns>The started call, or <c>audit_unavailable</c>, or why the call may not start.</returns>
    Task<Result<StartedCall>> StartAsync(CallIntent intent, CancellationToken cancellationToken);

    /// <summary>As <see cref="StartAsync"/> for an intent with a key: the call starts, or it repeats one that did.</summary>
    Task<Result<KeyedStart>> StartOnceAsync(CallIntent intent, CancellationToken cancellationToken);

    /// <summary>Commits the record of one upstream write before it is sent: write steps, repeats and retries alike.</summary>
    Task<Result<Done>> RequestAsync(StartedCall call, string operation, CancellationToken cancellationToken);

    /// <summary>
    /// Completes a call; runs to its end even if the caller has gone. Returns once it is stored, or at once when the call wrote
    /// nothing and has no key: nobody waits for its record, which goes along with other commits.
    /// </summary>
    Task CompleteAsync(StartedCall call, CallCompletion completion);

    /// <summary>Records a refusal.</summary>
    Task DenyAsync(AuditDraft denial, CancellationToken cancellationToken);

    /// <summary>Records something done outside a store's own transaction.</summary>
    Task<Result<Done>> RecordAsync(AuditDraft record, CancellationToken cancellationToken);

    Task<Page<AuditRecord>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Walks every chain of the environment from its first record, or its anchor, and the signed checkpoints over them.</summary>
    Task<AuditVerification> VerifyAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>All records in the order of lane and sequence, for export; reading is itself recorded by the door.</summary>
    IAsyncEnumerable<AuditRecord> ExportAsync(EnvironmentId environment, CancellationToken cancellationToken);
}

public sealed record AuditFilter(
    EnvironmentId Environment,
    string? Identifier = null,
    ExecutionId? Execution = null,
    AuditKind? Kind = null,
    string? AgentRun = null
);

/// <param name="Faults">Each names lane, sequence and what is wrong; empty when the trail is whole.</param>
public sealed record AuditVerification(long Records, int Lanes, int Checkpoints, IReadOnlyList<AuditFault> Faults)
{
    public bool IsWhole => Faults.Count == 0;
}

public sealed record AuditFault(string Lane, long Sequence, string Description);

/// <summary>What is about to be done, by whom, with what authority.</summary>
public sealed record CallIntent
{
    public required ExecutionId Execution { get; init; }

    public required ActingSubject Subject { get; init; }

    public required ConnectionId Connection { get; init; }

    public required ConnectionName ConnectionName { get; init; }

    /// <value>The connection's policy revision the decision was made on.</value>
    public required long PolicyRevision { get; init; }

    public required AccountId Account { get; init; }

    public required string Tool { get; init; }

    /// <value>The name the caller used, when it is another one of the same tool.</value>
    public string? CalledAs { get; init; }

    /// <value>All must be granted when the call starts.</value>
    public required ScopeSet NeededScopes { get; init; }

    /// <value>What the user had granted when the call was made: with other rights it is no repeat.</value>
    public ScopeSet GrantedScopes { get; init; } = ScopeSet.Empty;

    public required string ArgumentDigest { get; init; }

    public required string ActingThrough { get; init; }

    public string? AgentRun { get; init; }

    /// <value>True when any step may change something at the provider.</value>
    public required bool Writes { get; init; }

    /// <value>Null: nothing can repeat this call.</value>
    public CallKey? Key { get; init; }
}

/// <summary>What became of an intent with a key.</summary>
public abstract record KeyedStart
{
    private KeyedStart() { }

    public sealed record Started(StartedCall Call) : KeyedStart;

    /// <param name="AccountKey">Opens the outcome.</param>
    public sealed record Repeated(PriorCall Prior, Vault.AccountKey AccountKey) : KeyedStart;
}

/// <summary>A call whose intent is committed, with the credential that transaction saw.</summary>
public sealed record StartedCall(CallIntent Intent, Vault.SealedCredential Credential, DateTimeOffset StartedAt);

public sealed record CallCompletion(string Outcome, int? ProviderStatus = null, string? Detail = null)
{
    /// <value>For a call with a key: what is kept for its repeats.</value>
    public CallEnd? End { get; init; }
}

/// <summary>Names of outcomes, spelled once.</summary>
public static class CallOutcomes
{
    public const string Success = "success";
    public const string ProviderError = "provider_error";
    public const string PlatformError = "platform_error";
    public const string InvalidInput = "invalid_input";
    public const string ReconnectRequired = "reconnect_required";
    public const string OutcomeUnknown = "outcome_unknown";
    public const string Cancelled = "cancelled";

    /// <value>The provider did nothing yet: it asked the person something first.</value>
    public const string InputRequired = "input_required";
}

/// <summary>Why a call did not start although it was allowed a moment before.</summary>
public enum StartRefusal
{
    ClientRemoved = 1,
    SessionEnded = 2,
    UserSignedOut = 3,
    ConnectionChanged = 4,
    AccountNotActive = 5,
    ScopesMissing = 6,
    KeyReused = 7,
    ClientChanged = 8,
}

public abstract record StartResult
{
    private StartResult() { }

    public sealed record Started(StartedCall Call) : StartResult;

    /// <summary>The authority holds, and the call was started before: nothing was written.</summary>
    public sealed record Repeated(PriorCall Prior, Vault.AccountKey AccountKey) : StartResult;

    /// <summary>A denial record was committed instead of the intent.</summary>
    public sealed record Refused(StartRefusal Reason) : StartResult
    {
        /// <value>For <see cref="StartRefusal.AccountNotActive"/>: the account as that transaction saw it; null when it is gone.</value>
        public Connections.ConnectedAccount? Account { get; init; }

        /// <value>For <see cref="StartRefusal.ScopesMissing"/>: what the grant lacks.</value>
        public ScopeSet? Missing { get; init; }
    }
}

/// <summary>The trail's storage. Appends give time, lane, sequence and hash inside one transaction with what they record.</summary>
public interface IAuditStore
{
    /// <summary>
    /// One transaction: re-read authority, decide by <see cref="RepeatRule"/> whether a key was used before, append intent
    /// or denial, fetch the sealed credential.
    /// </summary>
    Task<StartResult> StartAsync(CallIntent intent, CancellationToken cancellationToken);

    Task AppendAsync(AuditDraft draft, CancellationToken cancellationToken);

    /// <summary>As <see cref="AppendAsync"/>, along with the next commit or a few milliseconds later by itself.</summary>
    Task AppendSoonAsync(AuditDraft draft);

    /// <summary>Appends the completion of a call with a key and, in the same transaction, keeps its outcome.</summary>
    /// <param name="principal">The client id that the key belongs to.</param>
    Task CompleteAsync(
        AuditDraft completion,
        string principal,
        CallKey key,
        CallEnd end,
        CancellationToken cancellationToken
    );

    Task<Page<AuditRecord>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>The stored form, in the order of lane and sequence, for verification and export.</summary>
    IAsyncEnumerable<StoredAuditRecord> ReadAsync(EnvironmentId environment, CancellationToken cancellationToken);

    Task<IReadOnlyList<AuditLaneHead>> HeadsAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>Of all environments by one look, so that what moved is found without asking each.</summary>
    Task<IReadOnlyList<(EnvironmentId Environment, AuditLaneHead Head)>> AllHeadsAsync(
        CancellationToken cancellationToken
    );

    Task AddCheckpointAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken);

    /// <summary>The one that was added last; null: none yet.</summary>
    Task<AuditCheckpoint?> NewestCheckpointAsync(EnvironmentId environment, CancellationToken cancellationToken);

    Task<IReadOnlyList<AuditCheckpoint>> CheckpointsAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    );

    /// <summary>Where the lanes begin, if retention removed records.</summary>
    Task<AuditAnchor?> AnchorAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <summary>Intents without a completion that no live node works on: completed as <c>outcome_unknown</c> at start.</summary>
    Task<int> CompleteAbandonedAsync(CancellationToken cancellationToken);
}

/// <param name="Body">The canonical, versioned, length-prefixed form that is hashed; personal fields stand in it as commitments.</param>
/// <param name="Personal">The personal values with their salts, null once redacted.</param>
public sealed record StoredAuditRecord(
    EnvironmentId Environment,
    string Lane,
    long Sequence,
    int Version,
    DateTimeOffset At,
    byte[] Body,
    byte[]? Personal,
    byte[] Hash
);

public sealed record AuditLaneHead(string Lane, long Sequence, byte[] Hash);

/// <summary>All lane heads of an environment at one time, signed by the audit key.</summary>
public sealed record AuditCheckpoint(
    EnvironmentId Environment,
    DateTimeOffset At,
    IReadOnlyList<AuditLaneHead> Heads,
    RingKeyId Key,
    byte[] Signature
);
