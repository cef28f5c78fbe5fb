namespace Behalf.Audit.Executions;

/// <summary>What one audit record says of an execution. Pure, and the same for every database.</summary>
/// <param name="End">Null: it began.</param>
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
                draft.Kind == AuditKind.Completion ? EndOf(draft) : null
            )
            : null;
    }

    private static ExecutionEnd EndOf(AuditDraft completion)
    {
        if (completion.Outcome == CallOutcomes.Success)
        {
            return new ExecutionEnd(ExecutionStatuses.Success, null, completion.ProviderStatus, null);
        }

        bool isProviders =
            completion.ProviderStatus >= 400
            || completion.Outcome is CallOutcomes.ProviderError or CallOutcomes.OutcomeUnknown;
        (string? code, string? message) = Split(completion.Detail);
        return new ExecutionEnd(
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

/// <param name="Status">One of <see cref="ExecutionStatuses"/> but <see cref="ExecutionStatuses.Running"/>.</param>
/// <param name="ErrorMessage">Where the environment logs errors in detail: what the caller was told.</param>
public sealed record ExecutionEnd(string Status, string? ErrorCode, int? ProviderStatus, string? ErrorMessage);
