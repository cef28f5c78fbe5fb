using Behalf.Identity;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Identity;

public sealed class GuessThrottleTests
{
    private const string Here = "192.0.2.1";
    private const string Client = "skc_1";

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Source_IsNoLongerHeard_AfterTooManyGuesses()
    {
        GuessThrottle throttle = Guessed(GuessThrottle.Limit);

        throttle.Refuses(Here, Client).Should().BePositive();
    }

    [Fact]
    public void Owner_IsHeardFromElsewhere_WhileOneSourceIsRefused()
    {
        GuessThrottle throttle = Guessed(GuessThrottle.Limit);

        throttle.Refuses("192.0.2.2", Client).Should().BeNull();
        throttle.Refuses(Here, "skc_2").Should().BeNull();
    }

    [Fact]
    public void Source_IsHeardAgain_AfterTheWindow()
    {
        GuessThrottle throttle = Guessed(GuessThrottle.Limit);

        _time.Advance(TimeSpan.FromMinutes(1));

        throttle.Refuses(Here, Client).Should().BeNull();
        throttle.Failed(Here, Client).Should().BeNull("the count begins anew");
    }

    [Fact]
    public void WrongSecret_IsToldToWait_OnlyAfterAFew()
    {
        GuessThrottle throttle = Guessed(GuessThrottle.Patience - 1);

        throttle.Failed(Here, Client).Should().BeNull();
        throttle.Failed(Here, Client).Should().BePositive();
        throttle.Refuses(Here, Client).Should().BeNull("the right secret is still heard");
    }

    [Fact]
    public void GuessedId_StaysRefused_UnderAFloodOfOtherIds()
    {
        GuessThrottle throttle = Guessed(GuessThrottle.Limit);

        for (int i = 0; i < 50_000; i++)
        {
            throttle.Failed(Here, $"skc_flood_{i}");
        }

        throttle.Refuses(Here, Client).Should().BePositive();
    }

    private GuessThrottle Guessed(int times)
    {
        GuessThrottle throttle = new(_time);
        for (int i = 0; i < times; i++)
        {
            throttle.Failed(Here, Client);
        }

        return throttle;
    }
}
