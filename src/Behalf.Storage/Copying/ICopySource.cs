namespace Behalf.Storage.Copying;

/// <summary>A table as both databases have it.</summary>
/// <param name="Key">Names of the columns of its primary key.</param>
public sealed record CopiedTable(string Name, IReadOnlyList<CopiedColumn> Columns, IReadOnlyList<string> Key);

public sealed record CopiedColumn(string Name, CopiedType Type);

/// <summary>What a column holds, whatever a database calls it. Values are of the .NET type named, or null.</summary>
public enum CopiedType
{
    /// <summary><see cref="Guid"/></summary>
    Id = 1,

    /// <summary><see cref="long"/></summary>
    Number,

    /// <summary><see cref="bool"/></summary>
    Truth,

    /// <summary><see cref="string"/></summary>
    Text,

    /// <summary>Byte array.</summary>
    Bytes,
}

/// <summary>The database that is copied. Nobody else uses it meanwhile.</summary>
public interface ICopySource
{
    /// <summary>The same for one installation, another for each: by its key ring.</summary>
    Task<string> IdentityAsync(CancellationToken cancellationToken);

    /// <summary>Names of all tables that hold the installation's rows.</summary>
    Task<IReadOnlyList<string>> TablesAsync(CancellationToken cancellationToken);

    /// <summary>Columns of a table.</summary>
    Task<IReadOnlyList<string>> ColumnsAsync(string table, CancellationToken cancellationToken);

    /// <summary>All rows in the order of the key, values in the order of the table's columns.</summary>
    /// <param name="skip">How many rows to leave out.</param>
    IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, long skip, CancellationToken cancellationToken);
}

/// <summary>The database that is copied to. Until <see cref="FinishAsync"/> no server starts on it.</summary>
public interface ICopyTarget
{
    /// <summary>Makes or checks the schema, and that it is empty or holds an unfinished copy of the same source.</summary>
    /// <exception cref="SchemaRefusedException">It holds something else.</exception>
    Task BeginAsync(string source, CancellationToken cancellationToken);

    /// <summary>Every table to copy, each behind those it refers to.</summary>
    Task<IReadOnlyList<CopiedTable>> TablesAsync(CancellationToken cancellationToken);

    /// <summary>How many rows of the table were written so far, in the order of the key.</summary>
    Task<long> WrittenAsync(CopiedTable table, CancellationToken cancellationToken);

    /// <summary>One transaction: writes further rows and remembers how far it came.</summary>
    Task WriteAsync(
        CopiedTable table,
        IReadOnlyList<object?[]> rows,
        long writtenBefore,
        CancellationToken cancellationToken
    );

    /// <summary>All rows as they are there.</summary>
    IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken);

    /// <summary>Numbers go on where the source's ended; from now on servers start.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}
