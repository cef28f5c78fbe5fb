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
            return new ExecutionEnd(ExecutionStatuses.Success, null, completion.ProviderStatus);
        }

        bool isProviders =
            completion.ProviderStatus >= 400
            || completion.Outcome is CallOutcomes.ProviderError or CallOutcomes.OutcomeUnknown;
        return new ExecutionEnd(
            isProviders ? ExecutionStatuses.ProviderError : ExecutionStatuses.PlatformError,
            completion.Detail is { } code && IsCode(code) ? code : completion.Outcome,
            completion.ProviderStatus
        );
    }

    /// <summary>A completion's detail is the problem's code, or a sentence about how it came to an end.</summary>
    private static bool IsCode(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
}

/// <param name="Status">One of <see cref="ExecutionStatuses"/> but <see cref="ExecutionStatuses.Running"/>.</param>
public sealed record ExecutionEnd(string Status, string? ErrorCode, int? ProviderStatus);
