namespace Behalf.Audit;

/// <summary>Calls with a key after their start. They begin in <see cref="IAuditStore.StartAsync"/>.</summary>
public interface IRepeatStore
{
    /// <returns>Null when the key is free again.</returns>
    Task<PriorCall?> FindAsync(EnvironmentId environment, ExecutionId execution, CancellationToken cancellationToken);

    /// <summary>Says of answers whether they went out. What was delivered stays delivered.</summary>
    Task MarkAsync(IReadOnlyList<AnswerMark> marks, CancellationToken cancellationToken);

    /// <summary>Removes what no repeat can mean any more, a bounded number at a time.</summary>
    /// <returns>How many; zero when nothing is left.</returns>
    Task<int> RemoveExpiredAsync(CancellationToken cancellationToken);
}

public sealed record AnswerMark(EnvironmentId Environment, ExecutionId Execution, bool IsDelivered);
