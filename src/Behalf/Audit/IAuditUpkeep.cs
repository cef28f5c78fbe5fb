namespace Behalf.Audit;

/// <summary>
/// What becomes of records after they were written: personal values deleted on request, old records removed. Neither keeps
/// the rest from being verified. Safe to call concurrently.
/// </summary>
public interface IAuditUpkeep
{
    /// <summary>
    /// Deletes the personal values of every record about a person, of records whose detail names them, and of the logs made
    /// from them. The records stay, and the chain still verifies. Recorded before it begins, without the person's name.
    /// </summary>
    /// <param name="by">The principal's client id.</param>
    /// <returns>How many records were redacted by this.</returns>
    Task<Result<long>> RedactAsync(
        EnvironmentId environment,
        Identifier person,
        string by,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Removes records before a time, oldest first, and leaves a signed anchor in their place; what is made from them goes
    /// too. A lane that does not verify is left as it is: retention removes no evidence. Done in bundles; broken off, it
    /// goes on at the next time.
    /// </summary>
    /// <returns>How many records were removed by this.</returns>
    /// <exception cref="Vault.VaultSealedException">The signing key cannot be had.</exception>
    Task<long> RemoveBeforeAsync(EnvironmentId environment, DateTimeOffset before, CancellationToken cancellationToken);
}

public interface IAuditUpkeepStore
{
    /// <summary>One transaction: deletes the personal values of at most so many records about the person.</summary>
    /// <returns>How many there were; fewer than the limit: all are done.</returns>
    Task<int> RedactAsync(EnvironmentId environment, string identifier, int limit, CancellationToken cancellationToken);

    /// <summary>One transaction: deletes the personal values of these records.</summary>
    /// <returns>How many had any.</returns>
    Task<int> RedactAsync(
        EnvironmentId environment,
        IReadOnlyList<(string Lane, long Sequence)> records,
        CancellationToken cancellationToken
    );

    /// <summary>Deletes the person from the log of calls and the events.</summary>
    Task RedactLogsAsync(EnvironmentId environment, string identifier, CancellationToken cancellationToken);

    /// <summary>
    /// Of each lane its first records as long as they are older than a time: at most so many, none from the first open call
    /// on, none that the log of calls has not taken in.
    /// </summary>
    Task<IReadOnlyList<StoredAuditRecord>> OldestAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellationToken
    );

    /// <summary>One transaction: removes the records up to the anchor's and puts it in the place of the one before it.</summary>
    /// <param name="previous">Null: there was none.</param>
    /// <returns>False: another node put one there meanwhile; nothing was changed.</returns>
    Task<bool> RemoveAsync(AuditAnchor next, AuditAnchor? previous, Traces traces, CancellationToken cancellationToken);

    /// <summary>Removes checkpoints before a time, though never the newest, and log entries and events, at most so many each.</summary>
    Task RemoveLogsAsync(
        EnvironmentId environment,
        DateTimeOffset before,
        int limit,
        CancellationToken cancellationToken
    );
}
