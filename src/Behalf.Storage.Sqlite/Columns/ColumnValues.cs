using System.Text.Json;
using Behalf.Identity;

namespace Behalf.Storage.Sqlite.Columns;

/// <summary>How the words of the rooms stand in columns, and back.</summary>
internal static class ColumnValues
{
    /// <summary>16 big-endian bytes: their order is the order of UUIDv7 creation times.</summary>
    public static byte[] ToColumn<TId>(this TId id)
        where TId : struct, IEntityId<TId> => id.Value.ToByteArray(bigEndian: true);

    public static byte[] ToColumn(this Guid id) => id.ToByteArray(bigEndian: true);

    public static TId ToId<TId>(this byte[] column)
        where TId : struct, IEntityId<TId> => TId.From(new Guid(column, bigEndian: true));

    /// <summary>Microseconds since 1970, UTC; what is finer is cut.</summary>
    public static long ToColumn(this DateTimeOffset at) =>
        (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static long ToColumn(this TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToInstant(this long column) =>
        DateTimeOffset.UnixEpoch.AddTicks(column * TimeSpan.TicksPerMicrosecond);

    public static string ToColumn(this CredentialLimits limits) =>
        JsonSerializer.Serialize(
            new LimitsDocument(
                limits.Connections?.Order(StringComparer.Ordinal),
                limits.Tools?.Order(StringComparer.Ordinal)
            ),
            StorageJson.Default.LimitsDocument
        );

    public static CredentialLimits ToLimits(this string column)
    {
        LimitsDocument document =
            JsonSerializer.Deserialize(column, StorageJson.Default.LimitsDocument)
            ?? throw new FormatException("The column limits holds no object.");
        return new CredentialLimits(
            document.Connections?.ToHashSet(StringComparer.Ordinal),
            document.Tools?.ToHashSet(StringComparer.Ordinal)
        );
    }
}
