namespace Behalf.Recovery;

/// <summary>What tells an old database from the newest one, and what is done to one that was put back.</summary>
public interface IRecoveryStore
{
    /// <summary>Every lane's head and the newest restoration, of one moment.</summary>
    Task<TrailWitness> LookAsync(CancellationToken cancellationToken);

    /// <summary>Those of the heads that the database does not hold: the lane is shorter, or has another record there.</summary>
    /// <remarks>Records removed by retention are held by the lane's length.</remarks>
    Task<IReadOnlyList<TrailHead>> MissingAsync(IReadOnlyList<TrailHead> heads, CancellationToken cancellationToken);

    /// <summary>
    /// One transaction: every refreshable account is marked as one whose last refresh has an unknown outcome, its leases end
    /// and their fences grow; every user's and client's tokens end; a record is left in each environment.
    /// </summary>
    Task<RestorationEffect> AcceptAsync(Guid restoration, CancellationToken cancellationToken);
}
