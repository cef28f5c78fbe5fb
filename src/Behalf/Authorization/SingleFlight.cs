using System.Collections.Concurrent;

namespace Behalf.Authorization;

/// <summary>
/// One run at a time per key in this process. Callers with the same key join the run; a caller that leaves cancels
/// nothing; the run ends by its own deadline. Safe to call concurrently.
/// </summary>
/// <param name="maxWaiters">How many callers may wait for one run; more are turned away.</param>
internal sealed class SingleFlight<TKey, TResult>(int maxWaiters)
    where TKey : struct, IEquatable<TKey>
    where TResult : class
{
    private readonly ConcurrentDictionary<TKey, Flight> _flights = new();

    public bool IsRunning(TKey key) => _flights.ContainsKey(key);

    /// <param name="run">Started at most once at a time per key, never on the caller's cancellation.</param>
    /// <returns>The run's result, or null when too many wait for it already.</returns>
    public async Task<TResult?> JoinAsync(TKey key, Func<Task<TResult>> run, CancellationToken cancellationToken)
    {
        Flight flight = _flights.GetOrAdd(key, _ => new Flight());
        if (flight.TryLead())
        {
            _ = LeadAsync(key, flight, run);
        }

        if (!flight.TryEnter(maxWaiters))
        {
            return null;
        }

        try
        {
            return await flight.Result.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            flight.Leave();
        }
    }

    /// <summary>Until no run is left, however each of them ends.</summary>
    public async Task WhenQuietAsync(CancellationToken cancellationToken)
    {
        while (_flights.Values.FirstOrDefault() is { } flight)
        {
            await Task.WhenAny(flight.Result.Task).WaitAsync(cancellationToken); // its failure is its waiters'
        }
    }

    private async Task LeadAsync(TKey key, Flight flight, Func<Task<TResult>> run)
    {
        try
        {
            TResult result = await Task.Run(run);
            _flights.TryRemove(new(key, flight));
            flight.Result.SetResult(result);
        }
#pragma warning disable CA1031 // whatever happened belongs to the waiters
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _flights.TryRemove(new(key, flight));
            flight.Result.SetException(exception);
            _ = flight.Result.Task.Exception; // observed even when every waiter has left
        }
    }

    private sealed class Flight
    {
        private int _led;
        private int _waiters;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool TryLead() => Interlocked.Exchange(ref _led, 1) == 0;

        public bool TryEnter(int limit)
        {
            if (Interlocked.Increment(ref _waiters) <= limit)
            {
                return true;
            }

            Interlocked.Decrement(ref _waiters);
            return false;
        }

        public void Leave() => Interlocked.Decrement(ref _waiters);
    }
}
