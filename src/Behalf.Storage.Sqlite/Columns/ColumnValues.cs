namespace Behalf.Storage.Sqlite.Columns;

/// <summary>How ids stand in columns, and back.</summary>
internal static class ColumnValues
{
    /// <summary>16 big-endian bytes: their order is the order of UUIDv7 creation times.</summary>
    public static byte[] ToColumn<TId>(this TId id)
        where TId : struct, IEntityId<TId> => id.Value.ToByteArray(bigEndian: true);

    public static byte[] ToColumn(this Guid id) => id.ToByteArray(bigEndian: true);

    public static TId ToId<TId>(this byte[] column)
        where TId : struct, IEntityId<TId> => TId.From(new Guid(column, bigEndian: true));
}
