namespace Behalf.Audit;

/// <summary>
/// Where the lanes of an environment begin after retention removed what was older: of each lane the last record removed. The
/// first that is left must follow it.
/// </summary>
/// <param name="Statement">Its heads are the last records removed; signed under the anchor's own label.</param>
public sealed record AuditAnchor(AuditCheckpoint Statement)
{
    public EnvironmentId Environment => Statement.Environment;

    public IReadOnlyList<AuditLaneHead> Heads => Statement.Heads;

    /// <returns>The last record removed from the lane; null: none was.</returns>
    public AuditLaneHead? Of(string lane) => Heads.FirstOrDefault(head => head.Lane == lane);
}
