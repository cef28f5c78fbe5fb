namespace Behalf.Server.Hosting;

/// <summary>
/// Whether the start is done: false while the root key cannot be had. Nothing but health answers before, and nothing works
/// in the background. Once reached it stays, until the process is asked to stop.
/// </summary>
internal sealed class Readiness
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsReached => _reached.Task.IsCompletedSuccessfully;

    /// <value>Asked to stop: who balances between nodes sends nothing new.</value>
    public bool IsDraining { get; private set; }

    public void Drain() => IsDraining = true;

    public void Reach() => _reached.TrySetResult();

    /// <exception cref="OperationCanceledException">The server stops before.</exception>
    public Task WaitAsync(CancellationToken cancellationToken) => _reached.Task.WaitAsync(cancellationToken);
}
