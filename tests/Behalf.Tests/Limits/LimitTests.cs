using Behalf.Connections;
using Behalf.Identity;
using Behalf.Limits;
using Behalf.Tests.Tools.Support;
using Microsoft.Extensions.Options;

namespace Behalf.Tests.Limits;

/// <summary>Who has all their places taken is turned away; nobody else notices.</summary>
public sealed class LimitTests
{
    private const string Tools = """
        tools:
          - name: look
            title: Look
            category: things
            description: Looks at a thing of the tracker.
            hints: [read_only]
            scopes: [things]
            steps: [{request: get, path: /things, save: answer}]
            result: {things: =vars.answer}
        """;

    private readonly FakeRooms _rooms = new();

    [Fact]
    public void User_IsTurnedAway_AndAnotherIsNot_WhenTheirPlacesAreTaken()
    {
        using LimitsRoom limits = Room(options => options.Identifier.AtOnce = 2);
        Connection connection = _rooms.Add("tracker", Tools);
        Result<IDisposable> first = limits.EnterCall(Calls.Subject("alice"), connection);
        Result<IDisposable> second = limits.EnterCall(Calls.Subject("alice"), connection);

        Result<IDisposable> third = limits.EnterCall(Calls.Subject("alice"), connection);

        (first.Succeeded, second.Succeeded, third.Succeeded).Should().Be((true, true, false));
        third.Problem!.Kind.Should().Be(ProblemKind.RateLimited);
        third.Problem!.RetryAfter.Should().BePositive();
        limits.EnterCall(Calls.Subject("bob"), connection).Succeeded.Should().BeTrue();
        first.Value!.Dispose();
        limits.EnterCall(Calls.Subject("alice"), connection).Succeeded.Should().BeTrue("a place was given up");
    }

    [Fact]
    public void SlowConnection_FillsItsOwnPlaces_AndLeavesTheOthers()
    {
        using LimitsRoom limits = Room(options => options.Connection.AtOnce = 1);
        Connection slow = _rooms.Add("slow", Tools);
        Connection other = _rooms.Add("other", Tools);
        limits.EnterCall(Calls.Subject("alice"), slow).Succeeded.Should().BeTrue();

        limits.EnterCall(Calls.Subject("bob"), slow).Problem!.Kind.Should().Be(ProblemKind.RateLimited);
        limits.EnterCall(Calls.Subject("bob"), other).Succeeded.Should().BeTrue();
    }

    [Fact]
    public void Host_CountsEveryConnectionToIt()
    {
        using LimitsRoom limits = Room(options => options.Host.AtOnce = 1);
        Connection one = _rooms.Add("one", Tools);
        Connection another = _rooms.Add("another", Tools);
        Connection elsewhere = _rooms.Add(
            "elsewhere",
            Tools,
            connection => connection with { BaseUrl = new Uri("https://elsewhere.example") }
        );
        limits.EnterCall(Calls.Subject("alice"), one).Succeeded.Should().BeTrue();

        limits.EnterCall(Calls.Subject("bob"), another).Succeeded.Should().BeFalse();
        limits.EnterCall(Calls.Subject("bob"), elsewhere).Succeeded.Should().BeTrue();
    }

    [Theory]
    [InlineData("environment")]
    [InlineData("credential")]
    public void SharedPlaces_AreNotTakenByOneWhoIsTurnedAway(string shared)
    {
        using LimitsRoom limits = Room(options =>
        {
            options.Identifier.AtOnce = 1;
            (shared == "environment" ? options.Environment : options.Credential).AtOnce = 2;
        });
        Connection connection = _rooms.Add("tracker", Tools);
        limits.EnterCall(Calls.Subject("alice"), connection).Succeeded.Should().BeTrue();
        for (int i = 0; i < 10; i++)
        {
            limits.EnterCall(Calls.Subject("alice"), connection).Succeeded.Should().BeFalse();
        }

        limits.EnterCall(Calls.Subject("bob"), connection).Succeeded.Should().BeTrue();
        limits.EnterCall(Calls.Subject("carol"), connection).Succeeded.Should().BeFalse($"the {shared} has two places");
    }

    [Fact]
    public void CallsOfAMinute_AreCounted_AndTheRefusedIsToldWhenToComeBack()
    {
        using LimitsRoom limits = Room(options => options.Identifier.PerMinute = 3);
        Connection connection = _rooms.Add("tracker", Tools);
        for (int i = 0; i < 3; i++)
        {
            Result<IDisposable> entered = limits.EnterCall(Calls.Subject("alice"), connection);
            entered.Succeeded.Should().BeTrue();
            entered.Value!.Dispose();
        }

        Problem refused = limits.EnterCall(Calls.Subject("alice"), connection).Problem!;

        refused.RetryAfter.Should().BeGreaterThan(TimeSpan.FromSeconds(1)).And.BeLessThan(TimeSpan.FromMinutes(1));
        limits.EnterCall(Calls.Subject("bob"), connection).Succeeded.Should().BeTrue();
    }

    [Fact]
    public void RequestsOfACredential_AreCountedApartFromCalls()
    {
        using LimitsRoom limits = Room(options => options.Credential.AtOnce = 1);
        Principal caller = Calls.Subject("alice").Principal;
        limits.EnterRequest(caller).Succeeded.Should().BeTrue();

        limits.EnterRequest(caller).Succeeded.Should().BeFalse();
        limits.EnterCall(Calls.Subject("alice"), _rooms.Add("tracker", Tools)).Succeeded.Should().BeTrue();
    }

    private static LimitsRoom Room(Action<LimitOptions> change)
    {
        BehalfOptions options = new();
        change(options.Limits);
        return new LimitsRoom(Options.Create(options));
    }
}
