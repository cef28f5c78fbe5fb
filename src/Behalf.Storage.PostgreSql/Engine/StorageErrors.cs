using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Tells errors of the storage below from errors of a statement.</summary>
internal static class StorageErrors
{
    /// <value>The database ended a transaction that stood still, and its session.</value>
    private const string IdleInTransactionTimeout = "25P03";

    /// <returns>Null when the statement itself was wrong: a constraint, a type, a bug.</returns>
    public static StorageUnavailableException? Translate(Exception exception) =>
        exception switch
        {
            StorageUnavailableException known => known,
            PostgresException refused => Translate(refused),
            NpgsqlException lost => new(StorageFault.Io, "The database cannot be reached.", lost),
            TimeoutException late => new(StorageFault.Io, "The database did not answer in time.", late),
            ObjectDisposedException closed => new(StorageFault.Closed, "The database is closing.", closed),
            _ => null,
        };

    /// <summary>Throws it as what it is: unavailable storage, or unchanged with its stack.</summary>
    [DoesNotReturn]
    public static void Throw(Exception exception)
    {
        StorageUnavailableException? unavailable = Translate(exception);
        ExceptionDispatchInfo.Throw(unavailable ?? exception);
    }

    /// <summary>The transaction was undone for the sake of others: the same work may succeed now.</summary>
    public static bool IsConflict(Exception exception) =>
        exception
            is PostgresException
            {
                SqlState: PostgresErrorCodes.DeadlockDetected
                    or PostgresErrorCodes.SerializationFailure
                    or IdleInTransactionTimeout
            };

    /// <summary>
    /// The answer to what was sent to be committed says that the transaction is undone. A fatal error, or one of the connection
    /// that somebody in between made, leaves it open.
    /// </summary>
    public static bool IsUndone(PostgresException exception) =>
        exception.InvariantSeverity == "ERROR" && !exception.SqlState.StartsWith("08", StringComparison.Ordinal);

    /// <summary>A connection that was there went away; not that none can be made.</summary>
    public static bool IsLostConnection(Exception exception) =>
        exception switch
        {
            PostgresException { SqlState: var state } => state.StartsWith("57P", StringComparison.Ordinal),
            NpgsqlException { InnerException: IOException } => true,
            _ => false,
        };

    private static StorageUnavailableException? Translate(PostgresException e) =>
        e.SqlState switch
        {
            PostgresErrorCodes.DiskFull => new(StorageFault.Full, "No space is left for the database.", e),
            PostgresErrorCodes.ReadOnlySqlTransaction => new(StorageFault.ReadOnly, "The database is read-only.", e),
            PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.QueryCanceled
            or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.TooManyConnections => new(StorageFault.Busy, "The database is busy.", e),
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => new(
                StorageFault.Corrupt,
                "The database is damaged.",
                e
            ),
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new(
                StorageFault.Io,
                "The database does not accept the user or password of its connection string.",
                e
            ),
            PostgresErrorCodes.InvalidCatalogName => new(
                StorageFault.Io,
                "The database that the connection string names does not exist: create it first.",
                e
            ),
            PostgresErrorCodes.InsufficientPrivilege => new(
                StorageFault.ReadOnly,
                "The database user lacks a right on the database's tables or schema.",
                e
            ),
            // Connections (08), resources (53), intervention (57), errors below (58).
            _ => e.SqlState[..2] is "08" or "53" or "57" or "58" || e.SqlState == IdleInTransactionTimeout
                ? new(StorageFault.Io, "The database cannot serve now.", e)
                : null,
        };
}
