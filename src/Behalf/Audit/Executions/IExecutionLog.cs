namespace Behalf.Audit.Executions;

/// <summary>
/// The log of calls and its figures. It is projected from the audit apart from every call, and brought up to date before
/// it is read: what was answered is in it. Safe to call concurrently.
/// </summary>
public interface IExecutionLog
{
    Task<Page<Execution>> ListAsync(ExecutionFilter filter, PageRequest page, CancellationToken cancellationToken);

    /// <summary>The figures of ended executions; without a beginning those of one day, without an end up to now.</summary>
    Task<Result<ExecutionOverview>> OverviewAsync(ExecutionFilter filter, CancellationToken cancellationToken);

    /// <param name="identifier">Another user's execution answers like an unknown one; null: any user's.</param>
    Task<Execution?> FindAsync(
        EnvironmentId environment,
        ExecutionId execution,
        string? identifier,
        CancellationToken cancellationToken
    );

    /// <summary>Brings the projection up to the newest audit record.</summary>
    Task CatchUpAsync(CancellationToken cancellationToken);
}

public interface IExecutionStore
{
    /// <summary>
    /// Takes a bounded number of audit records that are not in the projection yet, in one transaction with the note of how
    /// far it has come: after a crash it goes on where it stood.
    /// </summary>
    /// <returns>True when there are more.</returns>
    Task<bool> ProjectAsync(CancellationToken cancellationToken);

    Task<Page<Execution>> ListAsync(ExecutionFilter filter, PageRequest page, CancellationToken cancellationToken);

    Task<Execution?> FindAsync(EnvironmentId environment, ExecutionId execution, CancellationToken cancellationToken);

    /// <summary>Counts ended executions; both ends of the filter's time are given.</summary>
    Task<IReadOnlyList<ExecutionCount>> CountAsync(
        ExecutionFilter filter,
        TimeBuckets buckets,
        CancellationToken cancellationToken
    );
}
