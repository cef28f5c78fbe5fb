using Behalf.Authorization;
using Behalf.Vault;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Tests.Authorization;

public sealed class RefreshScheduleTests
{
    private const int Many = 500;
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);
    private static readonly DateTimeOffset s_now = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    private readonly RefreshSchedule _schedule = new(
        Options.Create(new BehalfOptions { RefreshMargin = Margin }),
        new SharedClock(new FakeTimeProvider(s_now))
    );

    [Fact]
    public void AccountsConnectedTogether_AreNotRefreshedTogether()
    {
        TimeSpan[] ahead =
        [
            .. Enumerable
                .Range(0, Many)
                .Select(_ => _schedule.After(s_now, TimeSpan.FromHours(1), canRefresh: true))
                .Select(times => times.AccessExpiresAt!.Value - times.DueAt!.Value),
        ];

        ahead.Should().OnlyContain(time => time >= Margin && time <= Margin * 2);
        (ahead.Max() - ahead.Min()).Should().BeGreaterThan(Margin * 0.9, "they are spread over one margin");
    }

    [Fact]
    public void Pauses_AreJittered()
    {
        TimeSpan[] pauses = [.. Enumerable.Range(0, Many).Select(_ => PauseAfter(TimeSpan.FromMinutes(4)))];
        pauses.Should().OnlyContain(pause => pause >= TimeSpan.FromSeconds(45) && pause <= TimeSpan.FromSeconds(75));
        (pauses.Max() - pauses.Min()).Should().BeGreaterThan(TimeSpan.FromSeconds(25));

        TimeSpan asked = TimeSpan.FromSeconds(240);
        TimeSpan[] waits = [.. Enumerable.Range(0, Many).Select(_ => _schedule.BackOff(Ending(Margin), null, asked))];
        waits.Should().OnlyContain(wait => wait >= asked && wait <= asked + TimeSpan.FromSeconds(5));
        (waits.Max() - waits.Min()).Should().BeGreaterThan(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public void Pauses_Grow_TheLongerItFails()
    {
        TimeSpan[] means =
        [
            .. new[] { 0, 60, 300, 1500, 7200, 3_000_000 }.Select(seconds =>
                Mean(() => PauseAfter(TimeSpan.FromSeconds(seconds)))
            ),
        ];

        double[] expected = [5, 15, 75, 375, 900, 900];
        for (int i = 0; i < means.Length; i++)
        {
            means[i].TotalSeconds.Should().BeApproximately(expected[i], expected[i] * 0.06);
        }
    }

    [Fact]
    public void Pauses_Double_WhileTheTokenInPlaceStillWorks()
    {
        TimeSpan? before = null;
        foreach (double expected in new double[] { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900 })
        {
            TimeSpan pause = Mean(() => _schedule.BackOff(Ending(TimeSpan.FromHours(1)), before, null));
            pause.TotalSeconds.Should().BeApproximately(expected, expected * 0.12);
            before = TimeSpan.FromSeconds(expected);
        }
    }

    [Fact]
    public void MissingLifetime_IsNeverDue_UnlessTheRefreshTokenEnds()
    {
        _schedule.After(s_now, null, canRefresh: true).DueAt.Should().BeNull();
        _schedule.After(s_now, null, canRefresh: false, s_now.AddDays(90)).DueAt.Should().BeNull();
        _schedule.After(s_now, null, canRefresh: true, s_now.AddDays(-1)).DueAt.Should().BeNull("it has ended already");

        TimeSpan[] left =
        [
            .. Enumerable
                .Range(0, Many)
                .Select(_ =>
                    s_now.AddDays(90) - _schedule.After(s_now, null, canRefresh: true, s_now.AddDays(90)).DueAt!.Value
                ),
        ];
        left.Should().OnlyContain(time => time >= TimeSpan.FromDays(7) && time <= TimeSpan.FromDays(14));
        (left.Max() - left.Min()).Should().BeGreaterThan(TimeSpan.FromDays(6));
    }

    [Theory]
    [InlineData(24 * 60, 120, 96, 108)] // the refresh token ends first
    [InlineData(60, 24 * 60, 50, 55)] // the access token does
    public void Due_IsBeforeWhicheverEndsFirst(int access, int idle, int earliest, int latest)
    {
        RefreshTimes times = _schedule.After(
            s_now,
            TimeSpan.FromMinutes(access),
            canRefresh: true,
            s_now.AddMinutes(idle)
        );

        times.DueAt.Should().BeOnOrAfter(s_now.AddMinutes(earliest)).And.BeOnOrBefore(s_now.AddMinutes(latest));
        times.AccessExpiresAt.Should().Be(s_now.AddMinutes(access));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(90)]
    public void ShortTimes_CauseNoHotLoop(int seconds)
    {
        RefreshTimes times = _schedule.After(s_now, null, canRefresh: true, s_now.AddSeconds(seconds));

        times.NotBefore.Should().BeOnOrAfter(s_now.AddSeconds(5));
        times.DueAt.Should().BeOnOrAfter(times.NotBefore);
    }

    /// <param name="failing">Since the refresh ahead of the end was possible.</param>
    private TimeSpan PauseAfter(TimeSpan failing) => _schedule.BackOff(Ending(Margin - failing), null, null);

    private static TimeSpan Mean(Func<TimeSpan> pause) =>
        TimeSpan.FromSeconds(Enumerable.Range(0, Many).Average(_ => pause().TotalSeconds));

    private static SealedCredential Ending(TimeSpan left)
    {
        EnvironmentId environment = new(Guid.Parse("00000000-0000-7000-8000-000000000001"));
        AccountId account = new(Guid.Parse("00000000-0000-7000-8000-000000000002"));
        return new SealedCredential
        {
            Key = new AccountKey(environment, account, [1], new RingKeyId(Guid.Empty)),
            Connection = new ConnectionId(Guid.Parse("00000000-0000-7000-8000-000000000003")),
            Generation = 1,
            AccessSealed = [1],
            RefreshSealed = [1],
            AccessExpiresAt = s_now + left,
            GrantedScopes = ScopeSet.Empty,
        };
    }
}
