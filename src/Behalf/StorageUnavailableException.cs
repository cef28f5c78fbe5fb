namespace Behalf;

/// <summary>Why the database cannot serve now.</summary>
public enum StorageFault
{
    /// <summary>Another process holds it; the same request may work in a moment.</summary>
    Busy = 1,

    /// <summary>No space is left for data or log.</summary>
    Full = 2,

    ReadOnly = 3,

    /// <summary>Reading, writing or syncing failed below the database, or the connection to it did.</summary>
    Io = 4,

    /// <summary>The file is damaged or no database at all.</summary>
    Corrupt = 5,

    /// <summary>Not opened yet, or closing.</summary>
    Closed = 6,
}

/// <summary>
/// The database cannot carry out a request now, through no fault of the request. Nothing of it was committed, unless
/// <see cref="StorageFault.Io"/> struck the commit itself: then only reading again tells. Holds no value of the request.
/// </summary>
public sealed class StorageUnavailableException(StorageFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StorageFault Fault { get; } = fault;
}
