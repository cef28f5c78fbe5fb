using System.Text.Json.Nodes;
using Behalf.Tools;
using Behalf.Tools.Repeats;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Tools;

public sealed class SharedRunTests
{
    private static readonly ExecutionId Execution = new(Guid.NewGuid());
    private static readonly Result<ToolAnswer> Success = new ToolAnswer(Execution, new JsonObject());

    private readonly FakeTimeProvider _time = new();

    private static Problem Failure(TimeSpan? retryAfter = null, ExecutionId? execution = null) =>
        new(ProblemKind.ToolError, "provider_error", "no") { Execution = execution, RetryAfter = retryAfter };

    private async Task<SharedRun> EndedAsync(Result<ToolAnswer> answer, AnswerDelivery delivery)
    {
        SharedRun run = new(delivery, _time);
        await run.BeginAsync(_ => Task.FromResult(answer));
        return run;
    }

    [Theory]
    [InlineData(null, 10)]
    [InlineData(3, 3)]
    [InlineData(60, 10)]
    public async Task FailedCall_IsRepeated_UntilItSaidToComeBack_AndForTenSecondsAtMost(int? retryAfter, int seconds)
    {
        TimeSpan? wait = retryAfter is { } given ? TimeSpan.FromSeconds(given) : null;
        using SharedRun run = await EndedAsync(Failure(wait, Execution), new AnswerDelivery());

        _time.Advance(TimeSpan.FromSeconds(seconds - 0.001));
        (await run.CanBeRepeatedAsync()).Should().BeTrue();
        _time.Advance(TimeSpan.FromSeconds(0.001));
        (await run.CanBeRepeatedAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task CallThatNeverStarted_IsNotRepeated()
    {
        using SharedRun run = await EndedAsync(Failure(), new AnswerDelivery());

        (await run.CanBeRepeatedAsync()).Should().BeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Success_IsRepeated_OnlyWhenItWasLost_AndOnceThatIsKnown(bool delivered)
    {
        AnswerDelivery delivery = new();
        using SharedRun run = await EndedAsync(Success, delivery);

        Task<bool> asked = run.CanBeRepeatedAsync();
        asked.IsCompleted.Should().BeFalse();
        delivery.End(delivered);

        (await asked).Should().Be(!delivered);
    }

    [Fact]
    public async Task Run_IsDelivered_WhenOneOfThoseWhoJoinedGotTheAnswer()
    {
        AnswerDelivery first = new();
        AnswerDelivery second = new();
        using SharedRun run = new(first, _time);
        run.TryJoin(second).Should().BeTrue();
        await run.BeginAsync(_ => Task.FromResult(Success));
        Task<bool> closed = run.CloseAsync();

        first.End(delivered: false);
        closed.IsCompleted.Should().BeFalse();
        second.End(delivered: true);

        (await closed).Should().BeTrue();
        run.TryJoin(new AnswerDelivery()).Should().BeFalse();
    }

    [Fact]
    public async Task Run_IsToldThatAllHaveLeft_AndNobodyJoinsItAfterwards()
    {
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using SharedRun run = new(new AnswerDelivery(), _time);
        using CancellationTokenSource one = new();
        using CancellationTokenSource two = new();
        run.TryJoin(new AnswerDelivery()).Should().BeTrue();
        Task begun = run.BeginAsync(async token =>
        {
            await using CancellationTokenRegistration registration = token.Register(stopped.SetResult);
            await stopped.Task;
            return Failure();
        });
        Task<Result<ToolAnswer>> first = run.WaitAsync(one.Token);
        Task<Result<ToolAnswer>> second = run.WaitAsync(two.Token);

        await one.CancelAsync();
        await FluentActions.Awaiting(() => first).Should().ThrowAsync<OperationCanceledException>();
        stopped.Task.IsCompleted.Should().BeFalse("the other still waits");
        await two.CancelAsync();
        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();

        await stopped.Task;
        await begun;
        run.TryJoin(new AnswerDelivery()).Should().BeFalse();
    }
}
