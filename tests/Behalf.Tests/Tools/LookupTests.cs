using Behalf.Tests.Tools.Support;

namespace Behalf.Tests.Tools;

public sealed class LookupTests
{
    private const string Find = """
        tools:
          - name: find
            title: Find
            category: things
            description: Finds one project of the tracker.
            hints: [read_only]
            scopes: [things]
            input:
              project: {type: string, maxLength: 100, required: true}
            steps:
              - lookup: project
                of: =args.project
                ids: ["=text == 'me' && 'me'", "=match(text, '^([0-9]+)$')", "=match(text, '^https?://[^/]+/p/([0-9]+)$')"]
                by_id:
                  steps:
                    - {request: getProject, path: "/projects/{id}", slots: {id: =lookup.id}, save: one}
                  result: =vars.one
                candidates:
                  - when: =granted(account, 'search')
                    steps: [{request: search, path: /search, query: {q: =lookup.text}, save: hits}]
                    items: =vars.hits
                    fallback: {on: [plan_required], steps: []}
                  - steps: [{request: list, path: /projects, select: =body.items, pages: 5, save: all}]
                    items: =vars.all
                label: "=concat(name, ' (', team, ')')"
                save: project
            result: {id: =vars.project.id, name: =vars.project.name}
        """;

    private const string Web = """{"id":"7","name":"Website","team":"Marketing"}""";
    private const string Web2 = """{"id":"8","name":"website","team":"Platform"}""";
    private const string Relaunch = """{"id":"9","name":"Website relaunch","team":"Marketing"}""";
    private const string Old = """{"id":"10","name":"Old website","team":"Marketing"}""";

    private static readonly ToolBench Bench = ToolBench.Of(Find);

    private static FakeUpstream Upstream(string search, params string[] pages) =>
        new(sent =>
            sent.Line switch
            {
                "GET /search" => FakeUpstream.Json(search),
                "GET /projects" => FakeUpstream.Json(pages[int.Parse(sent.Query("after") ?? "0")]),
                "GET /projects/7" => FakeUpstream.Json(Web),
                "GET /projects/me" => FakeUpstream.Json("""{"id":"1","name":"Mine"}"""),
                "GET /projects/2026" => FakeUpstream.Json(404, "{}"),
                "GET /projects/66" => FakeUpstream.Json(403, """{"error":"You do not have access to Secret plan"}"""),
                _ => ToolBench.Unexpected(sent),
            }
        );

    private static string Page(params string[] items) => $$"""{"items":[{{string.Join(",", items)}}]}""";

    [Theory]
    [InlineData("7", "Website")]
    [InlineData("http://tracker.example/p/7", "Website")]
    [InlineData("me", "Mine")]
    public async Task Lookup_ReadsTheObject_ByNumberUrlOrSelfWord(string given, string name)
    {
        FakeUpstream upstream = Upstream("[]");

        var result = await Bench.SucceedAsync("find", $$"""{"project":"{{given}}"}""", upstream);

        result["name"]!.GetValue<string>().Should().Be(name);
        upstream.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Lookup_StopsAtTheFirstSource_ThatHoldsAnExactMatch()
    {
        FakeUpstream upstream = Upstream($"[{Relaunch},{Web}]");

        var result = await Bench.SucceedAsync("find", """{"project":"WEBSITE"}""", upstream);

        result["id"]!.GetValue<string>().Should().Be("7");
        upstream.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Lookup_PrefersExactThenPrefixThenContains()
    {
        var prefix = await Bench.SucceedAsync("find", """{"project":"websi"}""", Upstream("[]", Page(Old, Relaunch)));
        var contains = await Bench.SucceedAsync("find", """{"project":"ebsite"}""", Upstream("[]", Page(Old)));

        prefix["id"]!.GetValue<string>().Should().Be("9");
        contains["id"]!.GetValue<string>().Should().Be("10");
    }

    [Fact]
    public async Task Lookup_ReadsFurtherPages_WhenThereAreSome()
    {
        FakeUpstream upstream = Upstream("[]", $$"""{"items":[{{Old}}],"next":1}""", Page(Web));

        var result = await Bench.SucceedAsync("find", """{"project":"Website"}""", upstream);

        result["id"]!.GetValue<string>().Should().Be("7");
        upstream.Requests.Should().HaveCount(3);
    }

    [Fact]
    public async Task Lookup_NamesTheCandidates_WhenTwoFitEquallyWell()
    {
        Problem problem = await Bench.FailAsync(
            "find",
            """{"project":"Website"}""",
            Upstream($"[{Web},{Web2},{Relaunch}]")
        );

        problem.Code.Should().Be("ambiguous");
        problem
            .Message.Should()
            .Be("2 projects fit \"Website\": Website (Marketing) 7, website (Platform) 8. Call again with the number.");
    }

    [Fact]
    public async Task Lookup_IsNotAmbiguous_WhenTwoSourcesGiveTheSameObject()
    {
        var result = await Bench.SucceedAsync(
            "find",
            """{"project":"relaunch"}""",
            Upstream($"[{Relaunch}]", Page(Relaunch, Web))
        );

        result["id"]!.GetValue<string>().Should().Be("9");
    }

    [Fact]
    public async Task Lookup_SaysOneThing_ForMissingAndForHidden()
    {
        Problem missing = await Bench.FailAsync("find", """{"project":"Secret plan"}""", Upstream("[]", Page(Web)));
        Problem hidden = await Bench.FailAsync("find", """{"project":"http://x/p/66"}""", Upstream("[]"));

        (missing.Code, hidden.Code).Should().Be(("not_found_or_no_access", "not_found_or_no_access"));
        hidden.Message.Should().NotContain("Secret").And.Contain("does not have access");
        missing.Message.Should().Contain("does not have access");
    }

    [Fact]
    public async Task Lookup_TakesDigitsAsAName_WhenNothingHasThatNumber()
    {
        var result = await Bench.SucceedAsync(
            "find",
            """{"project":"2026"}""",
            Upstream("[]", Page("""{"id":"11","name":"2026","team":"Plans"}"""))
        );

        result["id"]!.GetValue<string>().Should().Be("11");
    }

    [Fact]
    public async Task Lookup_GoesOn_WhenASourceIsNotGrantedOrNotInThePlan()
    {
        ToolBench narrow = ToolBench.Of(Find);
        ToolBench scoped = new(Behalf.Connectors.DefinitionReader.Read(ToolBench.Definition(Find)))
        {
            Scopes = ["things"],
        };
        FakeUpstream free = new(sent =>
            sent.Line == "GET /search" ? FakeUpstream.Json(402, "{}") : FakeUpstream.Json(Page(Web))
        );
        FakeUpstream ungranted = new(sent =>
            sent.Line == "GET /projects" ? FakeUpstream.Json(Page(Web)) : ToolBench.Unexpected(sent)
        );

        (await narrow.SucceedAsync("find", """{"project":"Website"}""", free))["id"]!
            .GetValue<string>()
            .Should()
            .Be("7");
        (await scoped.SucceedAsync("find", """{"project":"Website"}""", ungranted))["id"]!
            .GetValue<string>()
            .Should()
            .Be("7");
    }
}
