namespace Behalf.Audit.Executions;

/// <summary>What audit records say of one execution. Pure, and the same for every database.</summary>
/// <param name="At">Of the earliest of them.</param>
/// <param name="End">Null: none of them says that it ended.</param>
public sealed record ExecutionFact(
    EnvironmentId Environment,
    ExecutionId Execution,
    string? Identifier,
    string? AgentRun,
    AccountId Account,
    string ConnectionName,
    string Tool,
    string Source,
    DateTimeOffset At,
    ExecutionEnd? End
)
{
    /// <returns>Null: the record is not the beginning or the end of a call.</returns>
    public static ExecutionFact? Of(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        AuditDraft draft = record.Draft;
        return
            draft
                is {
                    Kind: AuditKind.Intent or AuditKind.Completion,
                    Execution: { } execution,
                    Account: { } account,
                    Connection: { } connection,
                    Tool: { } tool,
                }
            ? new ExecutionFact(
                draft.Environment,
                execution,
                draft.Identifier,
                draft.AgentRun,
                account,
                connection,
                tool,
                draft.ActingThrough?.StartsWith("mcp", StringComparison.Ordinal) == true
                    ? ExecutionSources.Mcp
                    : ExecutionSources.Api,
                record.At,
                draft.Kind == AuditKind.Completion ? EndOf(draft, record.At) : null
            )
            : null;
    }

    /// <summary>One for each execution: what its records say together.</summary>
    /// <param name="facts">In the order of their records.</param>
    /// <returns>In the order of the executions' ids.</returns>
    public static IReadOnlyList<ExecutionFact> Merge(IEnumerable<ExecutionFact> facts) =>
        [
            .. facts
                .GroupBy(fact => (fact.Environment, fact.Execution))
                .Select(told => told.Aggregate((before, next) => before.With(next)))
                .OrderBy(fact => fact.Execution.Value),
        ];

    private ExecutionFact With(ExecutionFact next) =>
        this with
        {
            At = next.At < At ? next.At : At,
            End = next.End is null ? End : next.End.After(End),
        };

    private static ExecutionEnd EndOf(AuditDraft completion, DateTimeOffset at)
    {
        if (completion.Outcome == CallOutcomes.Success)
        {
            return new ExecutionEnd(at, ExecutionStatuses.Success, null, completion.ProviderStatus, null);
        }

        bool isProviders =
            completion.ProviderStatus >= 400
            || completion.Outcome is CallOutcomes.ProviderError or CallOutcomes.OutcomeUnknown;
        (string? code, string? message) = Split(completion.Detail);
        return new ExecutionEnd(
            at,
            isProviders ? ExecutionStatuses.ProviderError : ExecutionStatuses.PlatformError,
            code ?? completion.Outcome,
            completion.ProviderStatus,
            message
        );
    }

    /// <summary>A completion's detail is the problem's code, with its sentence or without; or how the call came to an end.</summary>
    private static (string? Code, string? Message) Split(string? detail)
    {
        const string between = ": ";
        if (detail is null)
        {
            return (null, null);
        }

        int colon = detail.IndexOf(between, StringComparison.Ordinal);
        string code = colon < 0 ? detail : detail[..colon];
        bool isCode = code.Length > 0 && code.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        return isCode ? (code, colon < 0 ? null : detail[(colon + between.Length)..]) : (null, null);
    }
}

/// <summary>How an execution ended.</summary>
/// <param name="Status">One of <see cref="ExecutionStatuses"/> but <see cref="ExecutionStatuses.Running"/>.</param>
/// <param name="ErrorMessage">Where the environment logs errors in detail: what the caller was told.</param>
public sealed record ExecutionEnd(
    DateTimeOffset At,
    string Status,
    string? ErrorCode,
    int? ProviderStatus,
    string? ErrorMessage
)
{
    /// <summary>The last word counts; what it leaves open stays as an earlier one said it.</summary>
    internal ExecutionEnd After(ExecutionEnd? earlier) =>
        this with
        {
            ErrorCode = ErrorCode ?? earlier?.ErrorCode,
            ProviderStatus = ProviderStatus ?? earlier?.ProviderStatus,
            ErrorMessage = ErrorMessage ?? earlier?.ErrorMessage,
        };
}
