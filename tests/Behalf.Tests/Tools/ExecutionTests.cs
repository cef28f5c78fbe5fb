using System.Text.Json;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;

namespace Behalf.Tests.Tools;

public sealed class ExecutionTests
{
    private const string Tracker = """
        tools:
          - name: list
            title: List
            category: things
            description: Lists the things of the tracker, a page at a time.
            hints: [read_only]
            scopes: [things]
            input:
              kind: {type: string, maxLength: 20, default: all}
            page: {next: =vars.next}
            steps:
              - request: list
                path: /things
                query: {kind: =args.kind, after: =page.cursor}
                select: =body.items
                save: things
                save_next: next
            result: {things: =vars.things}
          - name: make
            title: Make
            category: things
            description: Makes one thing in the tracker.
            scopes: [things, making]
            input: {name: {type: string, maxLength: 50, required: true}}
            steps: [{request: create, method: POST, path: /things, json: {name: =args.name}, save: thing}]
            result: {id: =vars.thing.id}
        """;

    private readonly FakeRooms _rooms = new();

    private Task<Result<ToolAnswer>> ExecuteAsync(
        string tool,
        string arguments = "{}",
        string identifier = "alice",
        CredentialLimits? limits = null,
        ConnectionName? connection = null,
        AccountId? account = null
    ) =>
        _rooms.Tools.ExecuteAsync(
            Calls.Subject(identifier, limits),
            new ToolCall
            {
                ToolName = tool,
                Arguments = JsonDocument.Parse(arguments).RootElement,
                ActingThrough = "test",
                Connection = connection,
                Account = account,
            },
            TestContext.Current.CancellationToken
        );

    private async Task<Problem> RefusedAsync(Task<Result<ToolAnswer>> execution)
    {
        Result<ToolAnswer> result = await execution;
        result.Succeeded.Should().BeFalse();
        _rooms.Intents.Should().BeEmpty("a refused call starts nothing");
        _rooms.Upstream.Requests.Should().BeEmpty("a refused call sends nothing");
        _rooms.Denials.Should().ContainSingle().Which.Outcome.Should().Be(result.Problem!.Code);
        _rooms.Denials[0].Identifier.Should().Be("alice");
        return result.Problem!;
    }

    [Fact]
    public async Task Call_IsRecordedBeforeItIsSent_AndCompletedAfter()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        ConnectedAccount account = _rooms.Connect("alice", connection, "things making");
        _rooms.Upstream = new FakeUpstream(_ =>
        {
            _rooms.Story.Add("send");
            return FakeUpstream.Json(201, """{"id":12345678901234567}""");
        });

        Result<ToolAnswer> answer = await ExecuteAsync("tracker_make", """{"name":"x"}""");

        answer.Value!.Data.ToJsonString().Should().Be("""{"id":12345678901234567}""");
        _rooms.Story.Should().Equal("intent tracker_make", "open", "send", "complete success");
        var intent = _rooms.Intents.Should().ContainSingle().Subject;
        intent.Account.Should().Be(account.Id);
        intent.Writes.Should().BeTrue();
        intent.PolicyRevision.Should().Be(7);
        intent.NeededScopes.ToString().Should().Be("making things");
        intent.ArgumentDigest.Should().HaveLength(64);
        answer.Value.Execution.Should().Be(intent.Execution);
    }

    [Fact]
    public async Task Call_UsesTheCallersAccount_WhenTwoUsersShareAConnection()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        ConnectedAccount bobs = _rooms.Connect("bob", connection);
        ConnectedAccount alices = _rooms.Connect("alice", connection);
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("""{"items":[]}"""));

        await ExecuteAsync("tracker_list");
        await ExecuteAsync("tracker_list", identifier: "bob");

        _rooms.Intents.Select(intent => intent.Account).Should().Equal(alices.Id, bobs.Id);
    }

    [Fact]
    public async Task UnknownTool_IsNotFound_AndLookAlikesToo()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));

        foreach (
            string name in (string[])["tracker_lists", "Tracker_list", "tracker__list", "list", "tracker_lıst", ""]
        )
        {
            _rooms.Denials.Clear();
            (await RefusedAsync(ExecuteAsync(name))).Kind.Should().Be(ProblemKind.NotFound);
        }
    }

    [Fact]
    public async Task UserWithoutAnAccount_IsNotConnected_AndNeverGetsAnothers()
    {
        _rooms.Connect("bob", _rooms.Add("tracker", Tracker));

        Problem problem = await RefusedAsync(ExecuteAsync("tracker_list"));

        (problem.Kind, problem.Code).Should().Be((ProblemKind.FailedPrecondition, "not_connected"));
        problem.Message.Should().Contain("alice").And.NotContain("bob");
    }

    [Fact]
    public async Task AnothersAccountId_AnswersLikeAnUnknownOne()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        _rooms.Connect("alice", connection);
        ConnectedAccount bobs = _rooms.Connect("bob", connection);

        Problem others = await RefusedAsync(ExecuteAsync("tracker_list", account: bobs.Id));
        _rooms.Denials.Clear();
        Problem unknown = await RefusedAsync(ExecuteAsync("tracker_list", account: AccountId.From(Guid.NewGuid())));

        others.Should().BeEquivalentTo(unknown);
        others.Kind.Should().Be(ProblemKind.NotFound);
    }

    [Theory]
    [InlineData(CredentialStatus.None, AccountReasons.NeverConnected, "PENDING_AUTH")]
    [InlineData(CredentialStatus.Expired, AccountReasons.RefreshRefused, "EXPIRED")]
    [InlineData(CredentialStatus.Disconnected, AccountReasons.Revoked, "DISCONNECTED")]
    public async Task InactiveAccount_IsAPrecondition_ThatNamesStateReasonAndNextStep(
        CredentialStatus status,
        string reason,
        string state
    )
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker), status: status, reason: reason);

        Problem problem = await RefusedAsync(ExecuteAsync("tracker_list"));

        (problem.Kind, problem.Code).Should().Be((ProblemKind.FailedPrecondition, "account_not_active"));
        problem.Message.Should().Contain(state).And.Contain(reason).And.Contain("authorization link");
    }

    [Fact]
    public async Task MissingScope_IsForbidden_AndNamed_UnlessTheFullScopeIsHeld()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        _rooms.Connect("alice", connection, "things");

        Problem problem = await RefusedAsync(ExecuteAsync("tracker_make", """{"name":"x"}"""));

        (problem.Kind, problem.Code).Should().Be((ProblemKind.Forbidden, "scope_missing"));
        problem.Message.Should().Contain("making").And.NotContain("things,");
        _rooms.Connect("carol", connection, "default");
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("{}"));
        (await ExecuteAsync("tracker_make", """{"name":"x"}""", "carol")).Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task LimitsAndAllowLists_Forbid_BothListingAndExecuting()
    {
        Connection connection = _rooms.Add("tracker", Tracker, one => one with { AllowedTools = ["li*"] });
        _rooms.Connect("alice", connection, "default");
        CredentialLimits limits = new(null, new HashSet<string> { "tracker_make" });

        Problem byConnection = await RefusedAsync(ExecuteAsync("tracker_make", """{"name":"x"}"""));
        _rooms.Denials.Clear();
        Problem byCredential = await RefusedAsync(ExecuteAsync("tracker_list", limits: limits));
        ScopedToolPage listed = await _rooms.Tools.ListScopedAsync(
            Calls.Subject("alice", limits),
            new ScopedToolFilter(),
            new ToolPageRequest(100, 0),
            TestContext.Current.CancellationToken
        );

        (byConnection.Kind, byConnection.Code).Should().Be((ProblemKind.Forbidden, "tool_not_allowed"));
        byCredential.Kind.Should().Be(ProblemKind.Forbidden);
        listed.Tools.Should().BeEmpty();
        listed.Accounts.Should().ContainSingle();
    }

    [Fact]
    public async Task Arguments_AreChecked_BeforeAnyIntent()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker), "default");

        Problem problem = await RefusedAsync(ExecuteAsync("tracker_make", """{"name":"x","identifier":"bob"}"""));

        problem.Kind.Should().Be(ProblemKind.InvalidArgument);
        problem.Message.Should().Contain("identifier is not a known property");
    }

    [Fact]
    public async Task SameName_OnSeveralConnections_AsksWhich()
    {
        string colliding = Tracker.Replace("name: list", "name: b_list", StringComparison.Ordinal);
        _rooms.Connect("alice", _rooms.Add("a", colliding));
        Connection second = _rooms.Add("a_b", Tracker);
        _rooms.Connect("alice", second);
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("""{"items":[]}"""));

        Problem problem = await RefusedAsync(ExecuteAsync("a_b_list"));
        Result<ToolAnswer> named = await ExecuteAsync("a_b_list", connection: second.Name);

        (problem.Kind, problem.Code).Should().Be((ProblemKind.FailedPrecondition, "ambiguous_connection"));
        problem.Message.Should().Contain("\"a\", \"a_b\"");
        named.Succeeded.Should().BeTrue();
    }

    [Fact]
    public async Task UnwritableAudit_SendsNothing()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        _rooms.StartProblem = new Problem(ProblemKind.Unavailable, "audit_unavailable", "The trail cannot be written.");

        Result<ToolAnswer> result = await ExecuteAsync("tracker_list");

        result.Problem!.Code.Should().Be("audit_unavailable");
        _rooms.Story.Should().BeEmpty();
    }

    [Fact]
    public async Task Intent_IsAlwaysCompleted_AlsoWhenTheCredentialCannotBeHadOrSomethingBreaks()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker), "default");
        _rooms.OpenProblem = new Problem(ProblemKind.FailedPrecondition, "account_not_active", "reconnect");

        Problem problem = (await ExecuteAsync("tracker_list")).Problem!;
        _rooms.OpenProblem = null;
        _rooms.Upstream = new FakeUpstream(_ => throw new InvalidDataException("a bug"));
        Func<Task> broken = () => ExecuteAsync("tracker_make", """{"name":"x"}""");

        await broken.Should().ThrowAsync<InvalidDataException>();
        problem.Execution.Should().NotBeNull();
        _rooms
            .Story.Where(line => line.StartsWith("complete", StringComparison.Ordinal))
            .Should()
            .Equal("complete reconnect_required", "complete outcome_unknown");
    }

    [Fact]
    public async Task Cursor_ContinuesWhereThePageEnded_ForTheSameArgumentsAndUserOnly()
    {
        Connection connection = _rooms.Add("tracker", Tracker);
        _rooms.Connect("alice", connection);
        _rooms.Connect("bob", connection);
        _rooms.Upstream = new FakeUpstream(sent =>
            FakeUpstream.Json(sent.Query("after") is null ? """{"items":[1],"next":"p2"}""" : """{"items":[2]}""")
        );

        string cursor = (await ExecuteAsync("tracker_list", """{"kind":"a"}""")).Value!.Data[
            "next_cursor"
        ]!.GetValue<string>();
        Result<ToolAnswer> second = await ExecuteAsync("tracker_list", $$"""{"cursor":"{{cursor}}","kind":"a"}""");

        _rooms.Upstream.Requests[1].Query("after").Should().Be("p2");
        second.Value!.Data.ContainsKey("next_cursor").Should().BeFalse();
        foreach (
            (string arguments, string user) in ((string, string)[])
                [
                    ($$"""{"cursor":"{{cursor}}","kind":"b"}""", "alice"),
                    ($$"""{"cursor":"{{cursor}}","kind":"a"}""", "bob"),
                    ($$"""{"cursor":"{{cursor[..^2]}}xy","kind":"a"}""", "alice"),
                    ("""{"cursor":"p2","kind":"a"}""", "alice"),
                ]
        )
        {
            Problem problem = (await ExecuteAsync("tracker_list", arguments, user)).Problem!;
            problem.Violations.Should().ContainSingle().Which.Field.Should().Be("cursor");
        }

        _rooms.Upstream.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task List_HasAStableOrder_AndPages()
    {
        _rooms.Connect("alice", _rooms.Add("zebra", Tracker), "default");
        _rooms.Connect("alice", _rooms.Add("ant", Tracker), "things");

        ScopedToolPage all = await PageAsync(new ScopedToolFilter(), new ToolPageRequest(100, 0));
        ScopedToolPage second = await PageAsync(new ScopedToolFilter(), new ToolPageRequest(1, 1));
        ScopedToolPage filtered = await PageAsync(
            new ScopedToolFilter { ConnectionNames = ["zebra"], ToolNames = ["zebra_make", "ant_list"] },
            new ToolPageRequest(100, 0)
        );

        all.Tools.Select(tool => tool.Tool.Name).Should().Equal("ant_list", "zebra_list", "zebra_make");
        second.Tools.Should().ContainSingle().Which.Tool.Name.Should().Be("zebra_list");
        second.TotalSize.Should().Be(3);
        filtered.Tools.Should().ContainSingle().Which.Tool.Name.Should().Be("zebra_make");
    }

    private Task<ScopedToolPage> PageAsync(ScopedToolFilter filter, ToolPageRequest page) =>
        _rooms.Tools.ListScopedAsync(Calls.Subject(), filter, page, TestContext.Current.CancellationToken);
}
