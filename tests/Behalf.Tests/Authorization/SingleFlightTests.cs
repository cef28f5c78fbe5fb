using Behalf.Authorization;

namespace Behalf.Tests.Authorization;

public sealed class SingleFlightTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_BeyondTheLimit_AreTurnedAway_UntilOneLeaves()
    {
        SingleFlight<int, string> flights = new(maxWaiters: 2);
        TaskCompletionSource<string> end = new();
        using CancellationTokenSource leaving = new();
        Task<string?> first = flights.JoinAsync(1, () => end.Task, Cancel);
        Task<string?> second = flights.JoinAsync(1, () => end.Task, leaving.Token);

        (await flights.JoinAsync(1, () => end.Task, Cancel)).Should().BeNull();
        flights.IsRunning(1).Should().BeTrue("who is turned away ends nothing");

        await leaving.CancelAsync();
        await second.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        Task<string?> third = flights.JoinAsync(1, () => end.Task, Cancel);
        third.IsCompleted.Should().BeFalse();
        end.SetResult("done");
        (await Task.WhenAll(first, third)).Should().Equal("done", "done");
    }

    [Fact]
    public async Task Failure_IsEveryWaiters_AndTheNextRunBeginsAnew()
    {
        SingleFlight<int, string> flights = new(maxWaiters: 2);
        TaskCompletionSource<string> end = new();
        Task<string?>[] waiting =
        [
            flights.JoinAsync(1, () => end.Task, Cancel),
            flights.JoinAsync(1, () => end.Task, Cancel),
        ];
        end.SetException(new InvalidOperationException("broken"));
        foreach (Task<string?> one in waiting)
        {
            await one.Awaiting(task => task).Should().ThrowAsync<InvalidOperationException>();
        }

        (await flights.JoinAsync(1, () => Task.FromResult("anew"), Cancel)).Should().Be("anew");
        await flights.WhenQuietAsync(Cancel);
    }
}
