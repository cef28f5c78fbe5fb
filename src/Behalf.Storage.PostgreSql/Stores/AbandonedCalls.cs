using Behalf.Audit;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

/// <summary>Intents of processes that no longer live, never completed: what became of them nobody knows.</summary>
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
        ORDER BY r.id LIMIT @limit
        FOR UPDATE OF o SKIP LOCKED
        """;

    public static async Task<int> CompleteAsync(WriteContext context, double deadAfter)
    {
        List<AuditRow> intents = await context.QueryAsync<AuditRow>(
            Next,
            new
            {
                process = context.Process,
                deadAfter,
                limit = Bundle,
            }
        );
        foreach (AuditRow intent in intents)
        {
            AuditDraft completion = AuditChain.Read(intent.ToStored()).Draft with
            {
                Kind = AuditKind.Completion,
                Decision = null,
                Outcome = CallOutcomes.OutcomeUnknown,
                Detail = "The process ended before the call was completed.",
            };
            context.Leave(Traces.Of(completion));
            await RepeatStore.EndUnknownAsync(context, completion);
        }

        return intents.Count;
    }
}
