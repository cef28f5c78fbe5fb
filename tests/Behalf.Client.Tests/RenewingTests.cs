using Behalf.Client.Internal;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Client.Tests;

public sealed class RenewingTests
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(15);

    private readonly FakeTimeProvider _clock = new();
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private int _renewals;

    [Fact]
    public async Task OneRenewalServesAllCallers_WhenNoneIsHeld()
    {
        var gate = new TaskCompletionSource();
        var renewing = Make(async _ =>
        {
            await gate.Task;
            return Next();
        });

        var callers = Enumerable.Range(0, 50).Select(_ => renewing.GetAsync(_token)).ToArray();
        gate.SetResult();
        var given = await Task.WhenAll(callers);

        given.Distinct().Should().ContainSingle();
        _renewals.Should().Be(1);
    }

    [Fact]
    public async Task TheHeldOneIsUsed_UntilShortlyBeforeItsEnd()
    {
        var renewing = Make(_ => Task.FromResult(Next()));
        var first = await renewing.GetAsync(_token);

        _clock.Advance(s_lifetime - TimeSpan.FromSeconds(61));
        (await renewing.GetAsync(_token)).Should().BeSameAs(first);

        _clock.Advance(TimeSpan.FromSeconds(1));
        (await renewing.GetAsync(_token)).Should().NotBeSameAs(first);
    }

    [Fact]
    public async Task AShortLifeIsRenewedInItsLastFifth()
    {
        var renewing = new Renewing<Held>(
            _ => Task.FromResult(new Held(++_renewals, _clock.GetUtcNow() + TimeSpan.FromSeconds(10))),
            held => held.EndsAt,
            _clock
        );
        var first = await renewing.GetAsync(_token);

        _clock.Advance(TimeSpan.FromSeconds(7.9));
        (await renewing.GetAsync(_token)).Should().BeSameAs(first);

        _clock.Advance(TimeSpan.FromSeconds(0.1));
        (await renewing.GetAsync(_token)).Should().NotBeSameAs(first);
    }

    [Fact]
    public async Task ACallerThatLeaves_DoesNotEndTheRenewalForTheOthers()
    {
        var gate = new TaskCompletionSource();
        var renewing = Make(async token =>
        {
            await gate.Task;
            token.ThrowIfCancellationRequested();
            return Next();
        });
        using var leaving = new CancellationTokenSource();

        var left = renewing.GetAsync(leaving.Token);
        var stayed = renewing.GetAsync(_token);
        await leaving.CancelAsync();
        var leave = () => left;
        await leave.Should().ThrowAsync<OperationCanceledException>();
        gate.SetResult();

        (await stayed).Number.Should().Be(1);
    }

    [Fact]
    public async Task AFailedRenewal_CostsNothing_WhileTheHeldOneLives()
    {
        var fails = false;
        var renewing = Make(_ => fails ? throw new IOException("down") : Task.FromResult(Next()));
        var first = await renewing.GetAsync(_token);
        fails = true;

        _clock.Advance(s_lifetime - TimeSpan.FromSeconds(30));
        (await renewing.GetAsync(_token)).Should().BeSameAs(first);

        _clock.Advance(TimeSpan.FromSeconds(30));
        var late = () => renewing.GetAsync(_token);
        await late.Should().ThrowAsync<IOException>();

        fails = false;
        (await renewing.GetAsync(_token)).Number.Should().Be(2);
    }

    [Fact]
    public async Task ARefusedOne_IsRenewedOnce_HoweverManyReportIt()
    {
        var renewing = Make(_ => Task.FromResult(Next()));
        var refused = await renewing.GetAsync(_token);

        renewing.Drop(refused);
        var second = await renewing.GetAsync(_token);
        renewing.Drop(refused);

        (await renewing.GetAsync(_token)).Should().BeSameAs(second);
        _renewals.Should().Be(2);
    }

    [Fact]
    public async Task ARenewalThatHangs_IsCancelledAfterThirtySeconds()
    {
        var began = new TaskCompletionSource();
        var renewing = Make(async token =>
        {
            began.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(token);
            return Next();
        });

        var waiting = renewing.GetAsync(_token);
        await began.Task;
        _clock.Advance(TimeSpan.FromSeconds(30));

        var wait = () => waiting;
        await wait.Should().ThrowAsync<OperationCanceledException>();
    }

    private Renewing<Held> Make(Func<CancellationToken, Task<Held>> renew) => new(renew, held => held.EndsAt, _clock);

    private Held Next() => new(Interlocked.Increment(ref _renewals), _clock.GetUtcNow() + s_lifetime);

    private sealed record Held(int Number, DateTimeOffset EndsAt);
}
