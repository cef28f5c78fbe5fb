namespace Behalf;

/// <summary>The installation's database, whichever it is.</summary>
public interface IDatabase : IDatabaseSchema
{
    /// <summary>
    /// Takes its place in the database: applies what migrations are pending, ends what a dead process of this node left.
    /// Until then every store answers with <see cref="StorageUnavailableException"/>. Repeating it does nothing.
    /// </summary>
    /// <exception cref="StorageUnavailableException">It cannot be reached or used, or another process has the one place there is.</exception>
    /// <exception cref="SchemaRefusedException">The schema is newer, unknown, altered or half applied; nothing was changed.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lets stores read, and nothing else: no migration, no place taken, also beside the process that serves. Not after
    /// <see cref="OpenAsync"/>.
    /// </summary>
    /// <exception cref="StorageUnavailableException">It cannot be reached or used.</exception>
    Task OpenToReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Completes when this process can record what it does now: the database is there and takes writes, and, where several
    /// nodes share it, this node's name is this process's. Changes nothing.
    /// </summary>
    /// <exception cref="StorageUnavailableException">It cannot; the message says why.</exception>
    Task RequireWritableAsync(CancellationToken cancellationToken);

    /// <summary>What the database says of itself.</summary>
    Task<DatabaseHealth> ExamineAsync(CancellationToken cancellationToken);

    /// <summary>Runs what only one process of the installation may do at a time, such as the first start.</summary>
    Task AloneAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken);
}

/// <param name="Now">The database's clock.</param>
/// <param name="Product">Name and version, for people.</param>
/// <param name="Problems">Each with what to do; empty: it is as it must be.</param>
public sealed record DatabaseHealth(DateTimeOffset Now, string Product, IReadOnlyList<string> Problems);
