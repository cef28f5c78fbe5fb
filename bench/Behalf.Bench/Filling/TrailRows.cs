using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Bench.Stage;
using Behalf.Events;

namespace Behalf.Bench.Filling;

/// <summary>
/// Calls as the trail and the log of calls hold them: an intent and a completion each, chained by the product's own
/// format, so that <c>behalf audit verify</c> holds, and taken into the log up to the last.
/// </summary>
internal sealed class TrailRows(IBulk bulk, IReadOnlyList<Holder> holders, DateTimeOffset now)
{
    /// <value>The node that wrote them, long gone.</value>
    private const string Lane = "filled";

    private static readonly string[] Record =
    [
        "environment_id",
        "lane",
        "sequence",
        "id",
        "version",
        "kind",
        "execution_id",
        "identifier",
        "agent_run",
        "at",
        "body",
        "personal",
        "hash",
    ];

    private static readonly string[] Execution =
    [
        "environment_id",
        "id",
        "identifier",
        "account_id",
        "connection_id",
        "connection_name",
        "connector",
        "tool",
        "source",
        "status",
        "provider_status",
        "started_at",
        "ended_at",
    ];

    private readonly ILookup<EnvironmentId, Holder> _holders = holders.ToLookup(holder => holder.Place.Environment);

    /// <value>The tables that are filled.</value>
    public static IReadOnlyList<string> Tables { get; } = ["audit_record", "execution", "event"];

    /// <summary>All of one environment.</summary>
    /// <param name="records">Even.</param>
    public async Task LoadAsync(EnvironmentId environment, long records)
    {
        byte[] head = [.. AuditChain.Genesis];
        IEnumerable<object?[]> Chain() =>
            Calls(environment, records)
                .SelectMany(call => new[] { Intent(call), Completion(Intent(call)) }.Select(draft => (call, draft)))
                .Select(
                    (one, i) =>
                    {
                        StoredAuditRecord record = AuditChain.Append(one.draft, Lane, i + 1, one.call.At, head);
                        head = record.Hash;
                        return RowOf(one.draft, record, one.call);
                    }
                );

        object id = bulk.Id(environment.Value);
        await bulk.LoadAsync("audit_record", Record, Ahead.Of(Chain()));
        await bulk.LoadAsync(
            "audit_lane",
            ["environment_id", "lane", "owner", "fence", "sequence", "head"],
            [
                [id, Lane, Lane, 1, records, head],
            ]
        );
        await bulk.LoadAsync(
            "execution_cursor",
            ["environment_id", "lane", "sequence"],
            [
                [id, Lane, records],
            ]
        );
        await bulk.LoadAsync("execution", Execution, Ahead.Of(Calls(environment, records).Select(RowOf)));
    }

    /// <summary>One for each account: what happened to it last.</summary>
    public Task LoadEventsAsync() =>
        bulk.LoadAsync(
            "event",
            ["environment_id", "id", "type", "account_id", "data", "occurred_at"],
            holders.Select(holder =>
                new[]
                {
                    bulk.Id(holder.Place.Environment.Value),
                    bulk.Id(holder.Account.Value),
                    EventTypes.TokenRefreshSucceeded,
                    bulk.Id(holder.Account.Value),
                    """{"status":"ACTIVE"}""",
                    Ages.Of(holder.Account.Value),
                }
            )
        );

    // The same each time, so that the trail and the log tell of the same calls.
    private IEnumerable<Call> Calls(EnvironmentId environment, long records)
    {
        Ages ages = new(now, records);
        Random random = new(7);
        Holder[] holding = [.. _holders[environment]];
        for (long i = 0; i < records / 2; i++)
        {
            Guid execution = ages.Next();
            yield return new Call(execution, holding[random.Next(holding.Length)], ages.Now, ages.Next());
        }
    }

    private object?[] RowOf(AuditDraft draft, StoredAuditRecord record, Call call) =>
        [
            bulk.Id(record.Environment.Value),
            record.Lane,
            record.Sequence,
            bulk.Id(draft.Kind == AuditKind.Intent ? call.Execution : call.Completion),
            record.Version,
            (int)draft.Kind,
            bulk.Id(call.Execution),
            draft.Identifier,
            null,
            Microseconds(record.At),
            record.Body,
            record.Personal,
            record.Hash,
        ];

    private object?[] RowOf(Call call) =>
        [
            bulk.Id(call.Holder.Place.Environment.Value),
            bulk.Id(call.Execution),
            call.Holder.Identifier,
            bulk.Id(call.Holder.Account.Value),
            bulk.Id(call.Holder.Place.Connection.Value),
            call.Holder.Place.Name,
            BenchConnector.Slug,
            $"{call.Holder.Place.Name}_who",
            ExecutionSources.Api,
            ExecutionStatuses.Success,
            200,
            Microseconds(call.At),
            Microseconds(call.At) + 20_000,
        ];

    private static AuditDraft Intent(Call call) =>
        new()
        {
            Environment = call.Holder.Place.Environment,
            Kind = AuditKind.Intent,
            Action = CallRecords.CallAction,
            Execution = ExecutionId.From(call.Execution),
            Identifier = call.Holder.Identifier,
            Principal = "skc_00000000000000000000000000",
            Connection = call.Holder.Place.Name,
            Account = call.Holder.Account,
            Tool = $"{call.Holder.Place.Name}_who",
            ArgumentDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            Decision = CallRecords.Allow,
        };

    private static AuditDraft Completion(AuditDraft intent) =>
        intent with
        {
            Kind = AuditKind.Completion,
            Decision = null,
            Outcome = CallOutcomes.Success,
            ProviderStatus = 200,
        };

    private static long Microseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / 10;

    private sealed record Call(Guid Execution, Holder Holder, DateTimeOffset At, Guid Completion);
}
