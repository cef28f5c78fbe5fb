using System.Text.Json;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;

namespace Behalf.Tests.Tools;

public sealed class ExplainTests
{
    private const string Tracker = """
        tools:
          - name: make
            title: Make
            category: things
            description: Makes one thing in the tracker.
            scopes: [things]
            input: {name: {type: string, maxLength: 50, required: true}}
            steps: [{request: create, method: POST, path: /things, json: {name: =args.name}, save: thing}]
            result: {id: =vars.thing.id}
        aliases:
          - {name: thing_make, tool: make, style: other, input: {title: {type: string, maxLength: 50}}, arguments: {name: =args.title}}
        """;

    private readonly FakeRooms _rooms = new();

    private Task<Explanation> ExplainAsync(
        string tool = "tracker_make",
        string arguments = """{"name":"x"}""",
        CredentialLimits? limits = null
    ) =>
        _rooms.Tools.ExplainAsync(
            Calls.Subject("alice", limits),
            new ToolCall
            {
                ToolName = tool,
                Arguments = JsonDocument.Parse(arguments).RootElement,
                ActingThrough = "test",
            },
            TestContext.Current.CancellationToken
        );

    private async Task CallAsync(UpstreamOutcome answer)
    {
        _rooms.Upstream = new FakeUpstream(_ => answer);
        await _rooms.Tools.ExecuteAsync(
            Calls.Subject(),
            new ToolCall
            {
                ToolName = "tracker_make",
                Arguments = JsonDocument.Parse("""{"name":"x"}""").RootElement,
                ActingThrough = "test",
            },
            TestContext.Current.CancellationToken
        );
    }

    private static string Only(Explanation explanation) =>
        explanation.Checks.Where(check => check.Verdict == Verdict.Refused).Select(check => check.Code).Single();

    [Fact]
    public async Task WhatOnlyTheProviderKnows_IsUnknown_AndNothingIsSent()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));

        Explanation explanation = await ExplainAsync();

        explanation.Verdict.Should().Be(Verdict.Unknown);
        explanation
            .Checks.Select(check => check.Check)
            .Should()
            .Equal("policy", "account", "scopes", "arguments", "provider");
        _rooms.Intents.Should().BeEmpty();
        _rooms.Denials.Should().BeEmpty();
        _rooms.Upstream.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task SameCall_ThatTheProviderCarriedOut_IsAllowed()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        await CallAsync(FakeUpstream.Json("""{"id":1}"""));

        (await ExplainAsync()).Verdict.Should().Be(Verdict.Allowed);
        (await ExplainAsync("tracker_thing_make", """{"title":"x"}""")).Verdict.Should().Be(Verdict.Allowed);
        (await ExplainAsync(arguments: """{"name":"y"}""")).Verdict.Should().Be(Verdict.Unknown);
    }

    [Theory]
    [InlineData(402, "plan_required")]
    [InlineData(404, "not_found_or_no_access")]
    public async Task SameCall_ThatTheProviderRefused_IsRefusedForThatReason(int status, string code)
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        await CallAsync(FakeUpstream.Json(status, """{"error":"no"}"""));

        Only(await ExplainAsync()).Should().Be(code);
    }

    [Fact]
    public async Task AMomentsTrouble_IsNoReason()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        await CallAsync(FakeUpstream.Json(429, """{"error":"later"}"""));

        (await ExplainAsync()).Verdict.Should().Be(Verdict.Unknown);
    }

    [Fact]
    public async Task EachFence_IsNamed()
    {
        Only(await ExplainAsync()).Should().Be("not_found");

        Connection connection = _rooms.Add("tracker", Tracker);
        Only(await ExplainAsync()).Should().Be("not_connected");

        _rooms.Connect("alice", connection, "reading");
        Only(await ExplainAsync()).Should().Be("scope_missing");
    }

    [Fact]
    public async Task AccountPolicyAndArguments_AreNamed()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        _rooms.Connect("alice", connection, status: CredentialStatus.Expired, reason: "refresh_refused");

        Only(await ExplainAsync()).Should().Be("account_not_active");
        (await ExplainAsync(arguments: """{"name":1}"""))
            .Checks.Should()
            .Contain(check => check.Code == "invalid_argument");
        (await ExplainAsync(limits: new CredentialLimits(null, new HashSet<string> { "tracker_other" })))
            .Checks.Should()
            .Contain(check => check.Code == "tool_not_allowed");
    }

    [Fact]
    public async Task EachCheck_SaysHowOldItIs()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        _rooms.Connect("alice", connection);
        DateTimeOffset called = _rooms.Time.GetUtcNow();
        await CallAsync(FakeUpstream.Json(402, """{"error":"no"}"""));
        _rooms.Time.Advance(TimeSpan.FromHours(3));

        Explanation explanation = await ExplainAsync();
        Explanation other = await ExplainAsync(arguments: """{"name":"y"}""");

        DateTimeOffset? At(Explanation of, string check) => of.Checks.Single(one => one.Check == check).KnownAt;
        explanation.At.Should().Be(called + TimeSpan.FromHours(3));
        At(explanation, "policy").Should().Be(explanation.At);
        At(explanation, "arguments").Should().Be(explanation.At);
        At(explanation, "account").Should().BeBefore(explanation.At, "the provider was heard of at the last use");
        At(explanation, "scopes").Should().Be(At(explanation, "account"));
        At(explanation, "provider").Should().Be(called);
        At(other, "provider").Should().BeNull("nobody asked it that");
    }

    [Fact]
    public async Task ABlockedApplication_IsSaidOfTheSameCall_AndWarnedOfForOthers()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        await CallAsync(new UpstreamOutcome.Unauthorized(UpstreamOutcome.Unauthorized.ThoughNew));

        Only(await ExplainAsync()).Should().Be("app_blocked");
        Explanation other = await ExplainAsync(arguments: """{"name":"y"}""");
        other.Verdict.Should().Be(Verdict.Unknown);
        other.Checks[^1].Code.Should().Be("app_blocked");
    }
}
