namespace Behalf.Audit.Executions;

/// <summary>The log over its store. One projects at a time; who reads meanwhile waits for it.</summary>
internal sealed class ExecutionLog(IExecutionStore store, TimeProvider time) : IExecutionLog, IDisposable
{
    /// <summary>Turns that a reader takes upon itself; a large backlog is the background's.</summary>
    private const int TurnsForReader = 50;

    private static readonly TimeSpan DefaultSpan = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _projecting = new(1, 1);

    public async Task<Page<Execution>> ListAsync(
        ExecutionFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        await ProjectAsync(TurnsForReader, cancellationToken);
        return await store.ListAsync(filter, page, cancellationToken);
    }

    public async Task<Result<ExecutionOverview>> OverviewAsync(
        ExecutionFilter filter,
        CancellationToken cancellationToken
    )
    {
        DateTimeOffset to = filter.To ?? time.GetUtcNow().AddMicroseconds(1); // what happens at this moment counts
        DateTimeOffset from = filter.From ?? to - DefaultSpan;
        if (from >= to)
        {
            return Problem.Invalid("start_time", "lt", "must be before end_time");
        }

        await ProjectAsync(TurnsForReader, cancellationToken);
        TimeBuckets buckets = TimeBuckets.Over(from, to);
        IReadOnlyList<ExecutionCount> counts = await store.CountAsync(
            filter with
            {
                From = from,
                To = to,
            },
            buckets,
            cancellationToken
        );
        return ExecutionOverview.Of(counts, buckets);
    }

    public async Task<Execution?> FindAsync(
        EnvironmentId environment,
        ExecutionId execution,
        string? identifier,
        CancellationToken cancellationToken
    )
    {
        await ProjectAsync(TurnsForReader, cancellationToken);
        Execution? found = await store.FindAsync(environment, execution, cancellationToken);
        return identifier is null || found?.Identifier == identifier ? found : null;
    }

    public Task CatchUpAsync(CancellationToken cancellationToken) => ProjectAsync(int.MaxValue, cancellationToken);

    public void Dispose() => _projecting.Dispose();

    private async Task ProjectAsync(int turns, CancellationToken cancellationToken)
    {
        await _projecting.WaitAsync(cancellationToken);
        try
        {
            for (int turn = 0; turn < turns && await store.ProjectAsync(cancellationToken); turn++)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _projecting.Release();
        }
    }
}
