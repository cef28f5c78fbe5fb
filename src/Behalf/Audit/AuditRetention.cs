using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Behalf.Audit;

/// <summary>Removes what is older than it is kept; see <see cref="IAuditUpkeep.RemoveBeforeAsync"/>.</summary>
internal sealed partial class AuditRetention(
    IAuditStore trail,
    IAuditUpkeepStore store,
    AuditSigner signer,
    TimeProvider time,
    ILogger<AuditRetention> logger
)
{
    /// <summary>Of each lane in one transaction.</summary>
    private const int Bundle = 500;

    /// <summary>In one run, so that a first run over years does not hold up what else the background does.</summary>
    private const int MostBundles = 100;

    public async Task<long> RunAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        CancellationToken cancellationToken
    )
    {
        long removed = 0;
        for (int bundle = 0; bundle < MostBundles; bundle++)
        {
            AuditAnchor? anchor = await trail.AnchorAsync(environment, cancellationToken);
            if (anchor is not null && signer.FaultOf(environment, anchor) is { } fault)
            {
                Log.NotRemoved(logger, environment, $"the anchor {fault}");
                return removed;
            }

            List<StoredAuditRecord> records = Whole(
                environment,
                anchor,
                await store.OldestAsync(environment, before, Bundle, cancellationToken)
            );
            if (records.Count == 0)
            {
                break;
            }

            AuditAnchor next = Move(environment, anchor, records);
            if (!await store.RemoveAsync(next, anchor, Traces.Of(Record(environment, records)), cancellationToken))
            {
                return removed; // another node does the same
            }

            removed += records.Count;
        }

        await store.RemoveLogsAsync(environment, before, Bundle * MostBundles, cancellationToken);
        return removed;
    }

    /// <summary>Those of the lanes that verify so far.</summary>
    private List<StoredAuditRecord> Whole(
        EnvironmentId environment,
        AuditAnchor? anchor,
        IReadOnlyList<StoredAuditRecord> records
    )
    {
        List<StoredAuditRecord> whole = [];
        foreach (IGrouping<string, StoredAuditRecord> lane in records.GroupBy(record => record.Lane))
        {
            FaultList faults = new();
            LaneWalk walk = new(lane.Key, faults, anchor?.Of(lane.Key));
            foreach (StoredAuditRecord record in lane)
            {
                walk.Next(record, environment);
            }

            if (faults.ToArray() is [var first, ..])
            {
                Log.NotRemoved(logger, environment, $"lane {lane.Key}, record {first.Sequence}: {first.Description}");
            }
            else
            {
                whole.AddRange(lane);
            }
        }

        return whole;
    }

    private AuditAnchor Move(EnvironmentId environment, AuditAnchor? anchor, List<StoredAuditRecord> records)
    {
        Dictionary<string, AuditLaneHead> heads =
            anchor?.Heads.ToDictionary(head => head.Lane, StringComparer.Ordinal) ?? [];
        foreach (StoredAuditRecord record in records)
        {
            heads[record.Lane] = new AuditLaneHead(record.Lane, record.Sequence, record.Hash);
        }

        return signer.SignAnchor(
            environment,
            time.GetUtcNow(),
            [.. heads.Values.OrderBy(head => head.Lane, StringComparer.Ordinal)]
        );
    }

    private static AuditDraft Record(EnvironmentId environment, List<StoredAuditRecord> records) =>
        new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = "audit.removed",
            Principal = "system",
            Outcome = CallOutcomes.Success,
            Detail = string.Join(
                ", ",
                records
                    .GroupBy(record => record.Lane)
                    .Select(lane =>
                        string.Create(CultureInfo.InvariantCulture, $"{lane.Key} up to {lane.Last().Sequence}")
                    )
            ),
        };

    private static partial class Log
    {
        [LoggerMessage(
            2401,
            LogLevel.Error,
            "Old audit records of {Environment} are kept beyond their time, because the trail does not verify: {Fault}"
        )]
        public static partial void NotRemoved(ILogger logger, EnvironmentId environment, string fault);
    }
}
