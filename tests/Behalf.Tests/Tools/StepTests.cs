using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Tests.Tools.Support;
using Behalf.Tools.Running;

namespace Behalf.Tests.Tools;

public sealed class StepTests
{
    private const string Tools = """
        tools:
          - name: read
            title: Read
            category: things
            description: Reads the things of the tracker.
            hints: [read_only]
            scopes: [things]
            steps: [{request: list, path: /things, save: things}]
            result: {things: =vars.things}
          - name: make
            title: Make
            category: things
            description: Makes one thing in the tracker.
            scopes: [things]
            input: {name: {type: string, maxLength: 50, required: true}}
            steps:
              - request: create
                method: POST
                path: /things
                json: {name: =args.name}
                save: thing
                reconcile:
                  steps: [{request: list, path: /things, query: {made_after: "=add_seconds(now, `-60`)"}, save: recent}]
                  found: "=vars.recent[?name == $.args.name] | [0]"
            result: {id: =vars.thing.id}
          - name: make_all
            title: Make all
            category: things
            description: Makes several things, one after another.
            scopes: [things]
            input: {names: {type: array, maxItems: 10, required: true, items: {type: string, maxLength: 50}}}
            steps:
              - for_each: =args.names
                as: name
                steps:
                  - {request: create, method: POST, path: /things, json: {name: =name}, save: thing}
                  - {set: {remembered: =name}, when: "=name == 'a'"}
                result: {id: =vars.thing.id, remembered: =vars.remembered}
            result: {outcomes: =vars.outcomes}
          - name: patient
            title: Patient
            category: things
            description: Makes one thing and waits when told to.
            scopes: [things]
            retry: rejected
            steps: [{request: create, method: POST, path: /things, json: {}, save: thing}]
            result: {id: =vars.thing.id}
          - name: download
            title: Download
            category: things
            description: Fetches a file that the tracker points to.
            hints: [read_only]
            scopes: [things]
            input: {url: {type: string, format: uri, required: true}}
            steps: [{fetch: =args.url, hosts: [files.example], max_bytes: 100, save: file}]
            result: {size: =vars.file.size, type: =vars.file.content_type, bytes: =vars.file.bytes}
        """;

    private static ToolBench Bench() => ToolBench.Of(Tools);

    [Theory]
    [InlineData(400, """{"error":"name: too long"}""", "invalid_input", "says: \"name: too long\"")]
    [InlineData(402, "{}", "plan_required", "plan")]
    [InlineData(403, """{"error":"needs the scope x"}""", "scope_missing", "grant")]
    [InlineData(403, """{"error":"secret board"}""", "not_found_or_no_access", "does not have access")]
    [InlineData(404, "<html>secret board</html>", "not_found_or_no_access", "does not have access")]
    [InlineData(418, """{"error":"secret board"}""", "provider_error", "418")]
    [InlineData(500, """{"error":"secret board"}""", "provider_error", "500")]
    public async Task Status_BecomesOneSentence_OfTheFixedVocabulary(int status, string body, string kind, string words)
    {
        Problem problem = await Bench().FailAsync("read", "{}", new FakeUpstream(_ => FakeUpstream.Json(status, body)));

        problem.Kind.Should().Be(ProblemKind.ToolError);
        problem.Code.Should().Be(kind);
        problem.ProviderStatus.Should().Be(status);
        problem.Message.Should().Contain(words).And.NotContain("secret board");
        problem.Execution.Should().NotBeNull();
    }

    [Fact]
    public async Task ProvidersWords_AreBoundedAndInert_WhereTheyAreQuoted()
    {
        string words = "bad\r\n\u001b[31m\u202e \"x\" " + new string('y', 1000);
        string body = new JsonObject { ["error"] = words }.ToJsonString();

        Problem problem = await Bench().FailAsync("read", "{}", new FakeUpstream(_ => FakeUpstream.Json(400, body)));

        problem.Message.Length.Should().BeLessThan(400);
        problem.Message.Any(char.IsControl).Should().BeFalse();
        problem.Message.Should().NotContain("\u202e");
    }

    [Theory]
    [InlineData("body", """{"a":[{"n":1},{"n":2}],"b":"x"}""")]
    [InlineData("body.a", """[{"n":1},{"n":2}]""")]
    [InlineData("body.a[1]", """{"n":2}""")]
    [InlineData("body.a[].n", "[1,2]")]
    [InlineData(
        "{first: body.a[0], again: body.a[0], status: status}",
        """{"first":{"n":1},"again":{"n":1},"status":200}"""
    )]
    [InlineData("'literal'", "\"literal\"")]
    [InlineData("headers.kind", "\"odd\"")]
    [InlineData("\"h\\u0065aders\".kind", "\"odd\"")]
    [InlineData("@.headers.kind", "\"odd\"")]
    [InlineData("$.headers.kind", "\"odd\"")]
    [InlineData("*.kind | [0]", "\"odd\"")]
    public async Task Answer_IsSelectedFrom_HoweverItIsAsked_AndWhatWasSelectedStays(string select, string selected)
    {
        FakeUpstream upstream = new(_ =>
            FakeUpstream.Json(200, """{"a":[{"n":1},{"n":2}],"b":"x"}""", ("Kind", "odd"))
        );
        ToolBench bench = ToolBench.Of(
            $$"""
            tools:
              - name: read_twice
                title: Read twice
                category: things
                description: Reads the same of the tracker twice.
                hints: [read_only]
                scopes: [things]
                steps:
                  - {request: list, path: /things, select: {{JsonSerializer.Serialize($"={select}")}}, save: first}
                  - {request: list, path: /things, select: {{JsonSerializer.Serialize($"={select}")}}, save: second}
                result: {first: =vars.first, second: =vars.second}
            """
        );

        JsonObject result = await bench.SucceedAsync("read_twice", "{}", upstream);

        result["first"]!.ToJsonString().Should().Be(selected);
        result["second"]!.ToJsonString().Should().Be(selected);
    }

    [Theory]
    [InlineData("@")]
    [InlineData("$")]
    [InlineData("not_null(@)")]
    public async Task Answer_IsInTheScope_ThatIsSelectedWhole(string select)
    {
        FakeUpstream upstream = new(_ => FakeUpstream.Json(200, """{"b":"x"}""", ("Kind", "odd")));
        ToolBench bench = ToolBench.Of(
            $$"""
            tools:
              - name: read_all
                title: Read all
                category: things
                description: Reads what the tracker says and all that goes with it.
                hints: [read_only]
                scopes: [things]
                steps: [{request: list, path: /things, select: {{JsonSerializer.Serialize($"={select}")}}, save: all}]
                result: {body: =vars.all.body.b, status: =vars.all.status, kind: =vars.all.headers.kind}
            """
        );

        JsonObject result = await bench.SucceedAsync("read_all", "{}", upstream);

        result.ToJsonString().Should().Be("""{"body":"x","status":200,"kind":"odd"}""");
    }

    [Fact]
    public async Task Read_IsRepeatedOnce_AfterAShortRateLimit()
    {
        Queue<UpstreamOutcome> answers = new([
            FakeUpstream.Json(429, "{}", ("Retry-After", "2")),
            FakeUpstream.Json("[1]"),
        ]);
        FakeUpstream upstream = new(_ => answers.Dequeue());
        ToolBench bench = Bench();

        Task<JsonObject> running = bench.SucceedAsync("read", "{}", upstream);
        upstream.Requests.Should().ContainSingle("the repeat waits as long as the provider asks");
        bench.Time.Advance(TimeSpan.FromSeconds(3));

        (await running)["things"]!.AsArray().Should().ContainSingle();
        upstream.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task RateLimit_IsTold_WhenTheWaitIsLong()
    {
        FakeUpstream upstream = new(_ => FakeUpstream.Json(429, "{}", ("retry-after", "30")));

        Problem problem = await Bench().FailAsync("read", "{}", upstream);

        problem.Code.Should().Be("rate_limited");
        problem.RetryAfter.Should().Be(TimeSpan.FromSeconds(30));
        problem.Message.Should().Contain("30 s");
        upstream.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Read_IsNotRepeated_WhenTheProviderDoesNotSayHowLongToWait()
    {
        FakeUpstream upstream = new(_ => FakeUpstream.Json(429, "{}"));

        (await Bench().FailAsync("read", "{}", upstream)).Code.Should().Be("rate_limited");

        upstream.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Write_IsNotRepeated_UnlessItsToolAllowsIt()
    {
        FakeUpstream limited = new(_ => FakeUpstream.Json(429, "{}", ("Retry-After", "1")));
        ToolBench bench = Bench();
        Queue<UpstreamOutcome> answers = new([
            FakeUpstream.Json(429, "{}", ("Retry-After", "1")),
            FakeUpstream.Json("""{"id":1}"""),
        ]);
        FakeUpstream patient = new(_ => answers.Dequeue());

        (await bench.FailAsync("make", """{"name":"a"}""", limited)).Code.Should().Be("rate_limited");
        Task<JsonObject> running = bench.SucceedAsync("patient", "{}", patient);
        bench.Time.Advance(TimeSpan.FromSeconds(2));

        limited.Requests.Should().ContainSingle();
        (await running)["id"]!.GetValue<long>().Should().Be(1);
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("500")]
    [InlineData("html")]
    public async Task LostWrite_IsLookedFor_AndFoundIsSaid(string how)
    {
        FakeUpstream upstream = new(sent =>
            sent.Method == "POST" ? Lost(how) : FakeUpstream.Json("""[{"id":5,"name":"a"},{"id":6,"name":"b"}]""")
        );

        if (how == "html")
        {
            // A success whose body cannot be read: carried out, but nothing to show; told as unknown.
            (await Bench().FailAsync("make", """{"name":"b"}""", upstream))
                .Code.Should()
                .Be("outcome_unknown");
            return;
        }

        JsonObject result = await Bench().SucceedAsync("make", """{"name":"b"}""", upstream);

        result["id"]!.GetValue<long>().Should().Be(6);
        result["notes"]!.ToJsonString().Should().Contain("not made twice");
        upstream.Requests.Count(sent => sent.Method == "POST").Should().Be(1, "a write is sent once");
        upstream.Requests[1].Query("made_after").Should().Be("2026-11-23T11:59:00.000Z");
    }

    private static UpstreamOutcome Lost(string how) =>
        how switch
        {
            "lost" => new UpstreamOutcome.Unknown("reset"),
            "500" => FakeUpstream.Json(500, "{}"),
            _ => FakeUpstream.Json(200, "<html>"),
        };

    [Fact]
    public async Task LostWrite_IsUnknown_WhenItIsNotFoundOrCannotBeLookedFor()
    {
        FakeUpstream absent = new(sent => sent.Method == "POST" ? Lost("lost") : FakeUpstream.Json("[]"));
        FakeUpstream dark = new(_ => Lost("lost"));

        (await Bench().FailAsync("make", """{"name":"b"}""", absent)).Code.Should().Be("outcome_unknown");
        (await Bench().FailAsync("make", """{"name":"b"}""", dark)).Code.Should().Be("outcome_unknown");
    }

    [Fact]
    public async Task UnsentWrite_IsToldAsNotDone()
    {
        Problem problem = await Bench()
            .FailAsync("make", """{"name":"b"}""", new FakeUpstream(_ => new UpstreamOutcome.NotSent("dns")));

        problem.Code.Should().Be("provider_error");
        problem.Message.Should().Contain("nothing was sent");
    }

    [Fact]
    public async Task CredentialThatIsRefusedThoughNew_IsTheApplicationsTrouble_NotTheUsers()
    {
        Problem problem = await Bench()
            .FailAsync(
                "read",
                "{}",
                new FakeUpstream(_ => new UpstreamOutcome.Unauthorized(UpstreamOutcome.Unauthorized.ThoughNew))
            );

        problem.Code.Should().Be("app_blocked");
        problem.Message.Should().Contain("reconnecting does not help");
        problem.Reconnect.Should().BeNull();
    }

    [Fact]
    public async Task DeadCredential_AsksForAReconnect()
    {
        Problem problem = await Bench()
            .FailAsync("read", "{}", new FakeUpstream(_ => new UpstreamOutcome.Unauthorized("refresh_refused")));

        problem.Code.Should().Be("reconnect_required");
        problem
            .Kind.Should()
            .Be(ProblemKind.ToolError, "an SDK that sees UNAUTHENTICATED would fetch a new token for ever");
    }

    [Fact]
    public async Task OurOwnRefusal_IsPassedOn_WithTheExecution()
    {
        Problem unavailable = new(ProblemKind.Unavailable, "audit_unavailable", "The audit trail cannot be written.");
        RunOutcome outcome = await Bench()
            .RunAsync("make", """{"name":"b"}""", new FakeUpstream(_ => new UpstreamOutcome.Stopped(unavailable)));

        RunOutcome.Failed failed = outcome.Should().BeOfType<RunOutcome.Failed>().Subject;
        failed.Problem.Code.Should().Be("audit_unavailable");
        failed.Problem.Execution.Should().NotBeNull();
        failed.Outcome.Should().Be(Behalf.Audit.CallOutcomes.PlatformError);
    }

    [Fact]
    public async Task ForEach_RecordsEachItem_AndSharesNothingBetweenThem()
    {
        FakeUpstream upstream = new(sent =>
            sent.Json["name"]!.GetValue<string>() == "b"
                ? FakeUpstream.Json(400, """{"error":"no"}""")
                : FakeUpstream.Json($$"""{"id":"{{sent.Json["name"]}}"}""")
        );

        JsonObject result = await Bench().SucceedAsync("make_all", """{"names":["a","b","c"]}""", upstream);

        JsonArray outcomes = result["outcomes"]!.AsArray();
        outcomes[0]!["result"]!["remembered"]!.GetValue<string>().Should().Be("a");
        outcomes[1]!["error"]!["kind"]!.GetValue<string>().Should().Be("invalid_input");
        outcomes[2]!["result"]!["id"]!.GetValue<string>().Should().Be("c");
        outcomes[2]!["result"]!.AsObject().ContainsKey("remembered").Should().BeFalse();
    }

    [Fact]
    public async Task ForEach_Stops_AtAFaultThatWouldMeetAllFurtherItems()
    {
        FakeUpstream upstream = new(sent =>
            sent.Json["name"]!.GetValue<string>() == "a" ? FakeUpstream.Json("{}") : FakeUpstream.Json(429, "{}")
        );

        JsonObject result = await Bench().SucceedAsync("make_all", """{"names":["a","b","c","d"]}""", upstream);

        result["outcomes"]!
            .AsArray()
            .Select(one => one!["error"]?["kind"]?.GetValue<string>() ?? "ok")
            .Should()
            .Equal("ok", "rate_limited", "not_done", "not_done");
        upstream.Requests.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("https://evil.example/x")]
    [InlineData("https://files.example.evil.example/x")]
    [InlineData("https://xfiles.example/x")]
    [InlineData("http://files.example/x")]
    public async Task Fetch_IsRefused_OutsideTheAllowedHosts(string url)
    {
        FakeUpstream upstream = new(ToolBench.Unexpected);

        Problem problem = await Bench().FailAsync("download", $$"""{"url":"{{url}}"}""", upstream);

        problem.Code.Should().Be("invalid_input");
        upstream.Fetched.Should().BeEmpty();
    }

    [Fact]
    public async Task Fetch_GivesTheFile_AndNeverItsBytesToTheModel()
    {
        FakeUpstream upstream = new(ToolBench.Unexpected)
        {
            OnFetch = _ => new UpstreamOutcome.Answered(
                200,
                new Dictionary<string, string> { ["content-type"] = "text/plain" },
                Encoding.UTF8.GetBytes("hello")
            ),
        };

        JsonObject result = await Bench().SucceedAsync("download", """{"url":"https://a.files.example/x"}""", upstream);

        result["size"]!.GetValue<long>().Should().Be(5);
        result.ContainsKey("bytes").Should().BeFalse();
    }

    [Fact]
    public async Task Deadline_LeavesAWriteInFlightUnknown_AndEndsAReadPlainly()
    {
        using CancellationTokenSource caller = new();
        FakeUpstream upstream = new(_ =>
        {
            caller.Cancel();
            throw new OperationCanceledException(caller.Token);
        });

        RunOutcome write = await Bench().RunAsync("make", """{"name":"a"}""", upstream, null, caller.Token);

        write.Should().BeOfType<RunOutcome.Failed>().Which.Problem.Code.Should().Be("outcome_unknown");
        using CancellationTokenSource gone = new();
        await gone.CancelAsync();
        RunOutcome read = await Bench().RunAsync("read", "{}", upstream, null, gone.Token);
        read.Should().BeOfType<RunOutcome.Failed>().Which.Problem.Code.Should().Be("deadline_exceeded");
    }
}
