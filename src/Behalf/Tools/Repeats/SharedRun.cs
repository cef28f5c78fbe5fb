using Behalf.Audit;

namespace Behalf.Tools.Repeats;

/// <summary>
/// One execution that several callers may wait for. When all have left before it ended, it is told so: a read then stops,
/// a write goes on. Safe to call concurrently.
/// </summary>
internal sealed class SharedRun : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _allLeft = new();
    private readonly List<Task<bool>> _deliveries = [];
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Result<ToolAnswer>> _answer = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    private int _waiting;
    private bool _isClosed;
    private DateTimeOffset _endedAt;

    /// <param name="delivery">Of the caller who begins it and waits.</param>
    public SharedRun(AnswerDelivery delivery, TimeProvider time)
    {
        _time = time;
        _waiting = 1;
        _deliveries.Add(delivery.WentOut);
    }

    public Task<Result<ToolAnswer>> Answer => _answer.Task;

    /// <value>Completes once nobody can join any more and what became of its answers is noted.</value>
    public Task Settled => _settled.Task;

    /// <summary>Runs to its end whoever waits; what it throws, all who wait are thrown.</summary>
    public async Task BeginAsync(Func<CancellationToken, Task<Result<ToolAnswer>>> run)
    {
        try
        {
            Result<ToolAnswer> answer = await run(_allLeft.Token);
            _endedAt = _time.GetUtcNow();
            _answer.SetResult(answer);
        }
        catch (OperationCanceledException left) when (_allLeft.IsCancellationRequested)
        {
            _answer.SetCanceled(left.CancellationToken);
        }
#pragma warning disable CA1031 // handed on to everyone who waits
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _answer.SetException(bug);
        }
    }

    /// <returns>False when it was given up because everyone had left, or is closed.</returns>
    public bool TryJoin(AnswerDelivery delivery)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _waiting++;
            _deliveries.Add(delivery.WentOut);
            return true;
        }
    }

    /// <summary>Called once by each who began or joined.</summary>
    public async Task<Result<ToolAnswer>> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Whether the answer reached any of those who joined so far, once that is known.</summary>
    public async Task<bool> WasDeliveredAsync()
    {
        foreach (Task<bool> ended in Deliveries())
        {
            if (await ended)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>As <see cref="WasDeliveredAsync"/> for all who ever join: from then on nobody does.</summary>
    public async Task<bool> CloseAsync()
    {
        while (true)
        {
            int asked = Deliveries().Length;
            bool delivered = await WasDeliveredAsync();
            lock (_gate)
            {
                if (delivered || _deliveries.Count == asked)
                {
                    _isClosed = true;
                    return delivered;
                }
            }
        }
    }

    /// <summary>Closes it whatever becomes of its answers.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    public void Settle() => _settled.TrySetResult();

    /// <summary>Whether a call that is made now repeats this one and gets its answer, when no key says so.</summary>
    public async Task<bool> CanBeRepeatedAsync()
    {
        if (!_answer.Task.IsCompleted)
        {
            return true;
        }

        if (!_answer.Task.IsCompletedSuccessfully)
        {
            return false;
        }

        Result<ToolAnswer> answer = await _answer.Task;
        return _time.GetUtcNow() - _endedAt < WindowOf(answer) && (!answer.Succeeded || !await WasDeliveredAsync());
    }

    /// <summary>
    /// How long after its end a call may be repeated: not at all when it never started, ended with a question, or was stopped
    /// by what may be gone by now.
    /// </summary>
    public static TimeSpan WindowOf(Result<ToolAnswer> answer) =>
        answer.Succeeded ? CallKey.RepeatWindow
        : answer.Problem is { Execution: null } or { Asked: not null } or { IsOfTheMoment: true } ? TimeSpan.Zero
        // Who was told when to come back comes back with a call of its own.
        : answer.Problem.RetryAfter is { } wait && wait < CallKey.RepeatWindow ? wait
        : CallKey.RepeatWindow;

    public void Dispose() => _allLeft.Dispose();

    private Task<bool>[] Deliveries()
    {
        lock (_gate)
        {
            return [.. _deliveries];
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_waiting > 0 || _answer.Task.IsCompleted)
            {
                return;
            }

            _isClosed = true; // given up: whoever comes now begins anew
        }

        _allLeft.Cancel();
    }
}
