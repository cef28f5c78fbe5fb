namespace Behalf.Audit;

/// <summary>
/// The records one call leaves, each with who acted for whom, through what, at which connection. The store appends
/// <see cref="Intent"/> and <see cref="Denial"/> inside the transaction of <see cref="IAuditStore.StartAsync"/>.
/// </summary>
public static class CallRecords
{
    public const string CallAction = "tool.call";
    public const string RequestAction = "tool.request";
    public const string Allow = "allow";
    public const string Deny = "deny";

    public static AuditDraft Intent(CallIntent intent) =>
        Of(intent, AuditKind.Intent) with
        {
            Decision = Allow,
            Detail = intent.CalledAs is { } name ? $"called as {name}" : null,
        };

    /// <summary>The denial that stands where the intent would, when authority changed before the call started.</summary>
    public static AuditDraft Denial(CallIntent intent, StartResult.Refused refusal)
    {
        Problem problem = StartRefusals.ProblemOf(intent, refusal);
        return Of(intent, AuditKind.Denial) with { Decision = Deny, Outcome = problem.Code, Detail = problem.Message };
    }

    /// <param name="operation">What is sent upstream, such as its method and path template.</param>
    public static AuditDraft Request(CallIntent intent, string operation) =>
        Of(intent, AuditKind.Request) with
        {
            Action = RequestAction,
            Detail = operation,
        };

    public static AuditDraft Completion(CallIntent intent, CallCompletion completion) =>
        Of(intent, AuditKind.Completion) with
        {
            Outcome = completion.Outcome,
            ProviderStatus = completion.ProviderStatus,
            Detail = completion.Detail,
        };

    private static AuditDraft Of(CallIntent intent, AuditKind kind) =>
        new()
        {
            Environment = intent.Subject.Environment,
            Kind = kind,
            Action = CallAction,
            Execution = intent.Execution,
            Identifier = intent.Subject.Identifier.Value,
            Principal = intent.Subject.Principal.ClientId,
            ActingThrough = intent.ActingThrough,
            AgentRun = intent.AgentRun,
            Connection = intent.ConnectionName.Value,
            Account = intent.Account,
            Tool = intent.Tool,
            ArgumentDigest = intent.ArgumentDigest,
        };
}
