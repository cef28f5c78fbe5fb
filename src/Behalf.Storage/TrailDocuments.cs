using System.Text.Json;
using Behalf.Audit;

namespace Behalf.Storage;

/// <summary>Lane heads as they stand in the JSON columns of checkpoints and anchors.</summary>
internal static class TrailDocuments
{
    public static string Write(IEnumerable<AuditLaneHead> heads) =>
        JsonSerializer.Serialize(
            [
                .. heads.Select(head => new LaneHeadDocument(
                    head.Lane,
                    head.Sequence,
                    Convert.ToHexStringLower(head.Hash)
                )),
            ],
            StorageJson.Default.LaneHeadDocumentArray
        );

    public static AuditLaneHead[] Read(string column) =>
        [
            .. (JsonSerializer.Deserialize(column, StorageJson.Default.LaneHeadDocumentArray) ?? []).Select(
                head => new AuditLaneHead(head.Lane, head.Sequence, Convert.FromHexString(head.Hash))
            ),
        ];

    /// <summary>The smallest id of a row written at this time or later: ids begin with the time in milliseconds (RFC 9562 §5.7).</summary>
    public static Guid FirstIdAt(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        long milliseconds = at.ToUnixTimeMilliseconds();
        for (int i = 5; i >= 0; i--)
        {
            bytes[i] = (byte)milliseconds;
            milliseconds >>= 8;
        }

        return new Guid(bytes, bigEndian: true);
    }
}
