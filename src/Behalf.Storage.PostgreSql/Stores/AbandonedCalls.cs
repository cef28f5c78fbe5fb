using Behalf.Audit;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>
/// Intents that nobody completes: of processes that no longer live, where what became of the call nobody knows; and of this
/// one, where the commit was not acknowledged and the call refused.
/// </summary>
internal static class AbandonedCalls
{
    /// <summary>Completed in one transaction.</summary>
    private const int Bundle = 500;

    /// <summary>Several nodes may do this at once: each takes what no other one has taken.</summary>
    private static readonly string Next = $"""
        SELECT r.environment_id, r.lane, r.sequence, r.id, r.version, r.at, r.body, r.personal, r.hash
        FROM audit_open_call o
        JOIN audit_record r
          ON r.environment_id = o.environment_id AND r.lane = o.lane AND r.sequence = o.sequence
        WHERE o.process <> @process AND NOT {NodeName.Lives("o.process")}
          OR o.process = @process AND o.execution_id = ANY(@doubtful)
        ORDER BY r.id LIMIT @limit
        FOR UPDATE OF o SKIP LOCKED
        """;

    /// <param name="doubtful">Executions of this process: refused, and perhaps on record all the same.</param>
    public static async Task<int> CompleteAsync(WriteContext context, double deadAfter, Guid[] doubtful)
    {
        List<AuditRow> intents = await context.QueryAsync<AuditRow>(
            Next,
            new
            {
                process = context.Process,
                deadAfter,
                doubtful,
                limit = Bundle,
            }
        );
        foreach (AuditRow intent in intents)
        {
            AuditDraft begun = AuditChain.Read(intent.ToStored()).Draft;
            bool wasRefused = begun.Execution is { } execution && doubtful.Contains(execution.ToColumn());
            AuditDraft completion = begun with
            {
                Kind = AuditKind.Completion,
                Decision = null,
                Outcome = wasRefused ? CallOutcomes.PlatformError : CallOutcomes.OutcomeUnknown,
                Detail = wasRefused
                    ? "The database did not acknowledge the start: the call was refused and nothing was sent."
                    : "The process ended before the call was completed.",
            };
            context.Leave(Traces.Of(completion));
            await RepeatStore.EndUnknownAsync(context, completion);
        }

        return intents.Count;
    }
}
