using Behalf.Audit;
using Behalf.Storage.Sqlite.Engine;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>Intents that another process committed and never completed: what became of them nobody knows.</summary>
internal static class AbandonedCalls
{
    /// <summary>Completed in one transaction.</summary>
    private const int Bundle = 500;

    public static int Complete(WriteContext context)
    {
        List<AuditRow> intents = context
            .Connection.Query<AuditRow>(
                """
                SELECT r.environment_id, r.lane, r.sequence, r.id, r.version, r.at, r.body, r.personal, r.hash
                FROM audit_open_call o
                JOIN audit_record r
                  ON r.environment_id = o.environment_id AND r.lane = o.lane AND r.sequence = o.sequence
                WHERE o.process <> @process
                ORDER BY r.id LIMIT @limit
                """,
                new { process = context.Process, limit = Bundle }
            )
            .AsList();
        foreach (AuditRow intent in intents)
        {
            AuditDraft completion = AuditChain.Read(intent.ToStored()).Draft with
            {
                Kind = AuditKind.Completion,
                Decision = null,
                Outcome = CallOutcomes.OutcomeUnknown,
                Detail = "The process ended before the call was completed.",
            };
            context.Append(completion);
            KeyedCalls.EndUnknown(context, completion);
        }

        return intents.Count;
    }
}
