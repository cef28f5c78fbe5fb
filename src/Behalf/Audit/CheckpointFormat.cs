namespace Behalf.Audit;

/// <summary>
/// What a signature over lane heads covers, version 1: label, environment, time in microseconds, key id, number of lanes,
/// then lane, sequence and hash of each, lanes in ordinal order; every part length-prefixed. The label tells a checkpoint
/// from an anchor, so that neither can be shown as the other.
/// </summary>
internal static class CheckpointFormat
{
    public static byte[] BytesOf(AuditCheckpoint checkpoint) => BytesOf("behalf audit checkpoint v1", checkpoint);

    public static byte[] BytesOf(AuditAnchor anchor) => BytesOf("behalf audit anchor v1", anchor.Statement);

    private static byte[] BytesOf(string label, AuditCheckpoint statement)
    {
        using PooledBuffer output = new(256);
        AuditFieldWriter fields = new(output);
        fields.Text(label);
        fields.Id(statement.Environment.Value);
        fields.Number((statement.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        fields.Id(statement.Key.Value);
        fields.Number(statement.Heads.Count);
        foreach (AuditLaneHead head in statement.Heads.OrderBy(head => head.Lane, StringComparer.Ordinal))
        {
            fields.Text(head.Lane);
            fields.Number(head.Sequence);
            fields.Bytes(head.Hash);
        }

        return output.WrittenSpan.ToArray();
    }
}
