using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Behalf.Storage.Sqlite.Engine;

/// <summary>Tells errors of the storage below from errors of a statement.</summary>
internal static class StorageErrors
{
    /// <returns>Null when the statement itself was wrong: a constraint, a type, a bug.</returns>
    public static StorageUnavailableException? Translate(Exception exception) =>
        exception switch
        {
            StorageUnavailableException known => known,
            SqliteException sqlite => Translate(sqlite),
            _ => null,
        };

    /// <summary>Throws it as what it is: unavailable storage, or unchanged with its stack.</summary>
    [DoesNotReturn]
    public static void Throw(Exception exception)
    {
        StorageUnavailableException? unavailable = Translate(exception);
        ExceptionDispatchInfo.Throw(unavailable ?? exception);
    }

    private static StorageUnavailableException? Translate(SqliteException e) =>
        e.SqliteErrorCode switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new(
                StorageFault.Busy,
                "The database is locked by another process.",
                e
            ),
            raw.SQLITE_FULL => new(StorageFault.Full, "No space is left for the database.", e),
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => new(
                StorageFault.ReadOnly,
                "The database is read-only.",
                e
            ),
            raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_PROTOCOL or raw.SQLITE_NOLFS or raw.SQLITE_NOMEM =>
                new(StorageFault.Io, "The database file cannot be read or written.", e),
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new(
                StorageFault.Corrupt,
                "The database file is damaged or not a database.",
                e
            ),
            _ => null,
        };
}
