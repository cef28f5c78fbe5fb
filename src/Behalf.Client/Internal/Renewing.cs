namespace Behalf.Client.Internal;

/// <summary>
/// A credential of short life, renewed shortly before it ends. One renewal runs at a time, under a deadline of its own: a
/// caller that leaves does not cancel it for the others.
/// </summary>
internal sealed class Renewing<T>(
    Func<CancellationToken, Task<T>> renew,
    Func<T, DateTimeOffset> expiresAt,
    TimeProvider clock
)
    where T : class
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestMargin = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private Held? _held;
    private Task<T>? _running;

    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_held is { } held && clock.GetUtcNow() < held.RenewAt)
            {
                return Task.FromResult(held.Value);
            }
            _running ??= Task.Run(RenewAsync, CancellationToken.None);
            return _running.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The server refused it: the next caller renews, unless another already did.</summary>
    public void Drop(T refused)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_held?.Value, refused))
            {
                _held = null;
            }
        }
    }

    private async Task<T> RenewAsync()
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, clock);
            var value = await renew(deadline.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _held = new Held(value, RenewAt(value));
                _running = null;
            }
            return value;
        }
        catch (Exception)
        {
            lock (_gate)
            {
                _running = null;
                // Renewal begins ahead of the end, so one failure costs nothing: the next caller tries again.
                if (_held is { } held && clock.GetUtcNow() < expiresAt(held.Value))
                {
                    return held.Value;
                }
            }
            throw;
        }
    }

    private DateTimeOffset RenewAt(T value)
    {
        var end = expiresAt(value);
        var fifth = (end - clock.GetUtcNow()) / 5;
        return end - (fifth < LongestMargin ? fifth : LongestMargin);
    }

    private sealed record Held(T Value, DateTimeOffset RenewAt);
}
