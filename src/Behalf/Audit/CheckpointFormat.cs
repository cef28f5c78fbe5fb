using System.Buffers;

namespace Behalf.Audit;

/// <summary>
/// What a checkpoint's signature covers, version 1: label, environment, time in microseconds, key id, number of lanes,
/// then lane, sequence and hash of each, lanes in ordinal order; every part length-prefixed.
/// </summary>
internal static class CheckpointFormat
{
    public static byte[] BytesOf(AuditCheckpoint checkpoint)
    {
        ArrayBufferWriter<byte> output = new(256);
        AuditFieldWriter fields = new(output);
        fields.Text("behalf audit checkpoint v1");
        fields.Id(checkpoint.Environment.Value);
        fields.Number((checkpoint.At.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        fields.Id(checkpoint.Key.Value);
        fields.Number(checkpoint.Heads.Count);
        foreach (AuditLaneHead head in checkpoint.Heads.OrderBy(head => head.Lane, StringComparer.Ordinal))
        {
            fields.Text(head.Lane);
            fields.Number(head.Sequence);
            fields.Bytes(head.Hash);
        }

        return output.WrittenSpan.ToArray();
    }
}
