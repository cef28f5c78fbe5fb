namespace Behalf.Recovery;

/// <summary>
/// Recognises a database that was put back from a backup, and makes it safe to serve. The only entry of the room; safe to
/// call concurrently.
/// </summary>
public interface IRecovery
{
    /// <summary>How far the trail has come, to be kept outside the database.</summary>
    Task<TrailWitness> WitnessAsync(CancellationToken cancellationToken);

    /// <summary>Whether the database is at least as new as the witness.</summary>
    /// <param name="now">As <see cref="WitnessAsync"/> just gave it.</param>
    /// <returns>Null: it is, or its restoration was accepted since. Else one sentence that says what is missing.</returns>
    Task<string?> ContradictionAsync(TrailWitness witness, TrailWitness now, CancellationToken cancellationToken);

    /// <summary>
    /// The database is a restored one: accounts whose tokens may have been replaced are flagged, all tokens of users and
    /// clients end.
    /// </summary>
    Task<RestorationEffect> AcceptAsync(CancellationToken cancellationToken);

    /// <summary>Stops again what the ledger says was stopped, unless it was connected anew before the backup was made.</summary>
    /// <returns>How many accounts were stopped.</returns>
    Task<int> ApplyAsync(
        IAsyncEnumerable<(EnvironmentId Environment, AccountId Account, long Generation)> ledger,
        CancellationToken cancellationToken
    );
}
