using System.Text.Json;
using Behalf.Audit;
using Behalf.Connectors;
using Behalf.Connectors.Document;
using Behalf.Identity;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;

namespace Behalf.Tests.Tools;

public sealed class AliasTests
{
    private const string Tracker = """
        schemas:
          kind: {type: string, maxLength: 20}
        tools:
          - name: list_things
            title: List
            category: things
            description: Lists the things of the tracker, a page at a time.
            hints: [read_only]
            scopes: [things]
            input: {kind: {type: string, maxLength: 20, default: all}}
            page: {next: =vars.next}
            steps:
              - request: list
                path: /things
                query: {kind: =args.kind, after: =page.cursor}
                select: =body.items
                save: things
                save_next: next
            result: {things: =vars.things}
          - name: make_thing
            title: Make
            category: things
            description: Makes one thing in the tracker.
            scopes: [things]
            input: {name: {type: string, maxLength: 50, required: true}}
            steps: [{request: create, method: POST, path: /things, json: {name: =args.name}, save: thing}]
            result: {id: =vars.thing.id}
        aliases:
          - {name: things_list, tool: list_things, style: scalekit, input: {type: kind!}, arguments: {kind: =args.type}}
          - {name: thing_list, tool: list_things, style: scalekit, input: {}, arguments: {}}
        """;

    private readonly FakeRooms _rooms = new();

    private Task<Result<ToolAnswer>> ExecuteAsync(string tool, string arguments, CredentialLimits? limits = null) =>
        _rooms.Tools.ExecuteAsync(
            Calls.Subject("alice", limits),
            new ToolCall
            {
                ToolName = tool,
                Arguments = JsonDocument.Parse(arguments).RootElement,
                ActingThrough = "test",
            },
            TestContext.Current.CancellationToken
        );

    private async Task<IEnumerable<string>> ListedAsync(ScopedToolFilter filter) =>
        (
            await _rooms.Tools.ListScopedAsync(
                Calls.Subject(),
                filter,
                new ToolPageRequest(100, 0),
                TestContext.Current.CancellationToken
            )
        ).Tools.Select(tool => tool.Tool.ShownName);

    [Fact]
    public async Task CallByAnotherName_RunsTheTool_AndBothNamesAreRecorded()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("""{"items":[1]}"""));

        Result<ToolAnswer> answer = await ExecuteAsync("tracker_things_list", """{"type":"a"}""");

        answer.Value!.Data["things"]!.AsArray().Should().ContainSingle();
        _rooms.Upstream.Requests[0].Query("kind").Should().Be("a");
        CallIntent intent = _rooms.Intents.Should().ContainSingle().Subject;
        intent.Tool.Should().Be("tracker_list_things");
        CallRecords.Intent(intent).Detail.Should().Be("called as tracker_things_list");
    }

    [Fact]
    public async Task CallByItsOwnName_RecordsNoOtherName()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("""{"items":[]}"""));

        await ExecuteAsync("tracker_list_things", "{}");

        CallRecords.Intent(_rooms.Intents[0]).Detail.Should().BeNull();
    }

    [Theory]
    [InlineData("""{"type":"a","kind":"b"}""")]
    [InlineData("""{"kind":"b"}""")]
    [InlineData("""{}""")]
    [InlineData("""{"type":"longer than the twenty characters"}""")]
    public async Task Arguments_AreHeldAgainstTheSchemaOfTheNameThatWasUsed(string arguments)
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));

        Result<ToolAnswer> answer = await ExecuteAsync("tracker_things_list", arguments);

        answer.Problem!.Kind.Should().Be(ProblemKind.InvalidArgument);
        _rooms.Intents.Should().BeEmpty();
    }

    [Fact]
    public async Task Cursor_GoesOn_UnderEitherName()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        _rooms.Upstream = new FakeUpstream(sent =>
            FakeUpstream.Json(sent.Query("after") is null ? """{"items":[1],"next":"p2"}""" : """{"items":[2]}""")
        );
        string cursor = (await ExecuteAsync("tracker_things_list", """{"type":"a"}""")).Value!.Data[
            "next_cursor"
        ]!.GetValue<string>();

        Result<ToolAnswer> other = await ExecuteAsync(
            "tracker_things_list",
            $$"""{"type":"a","cursor":"{{cursor}}"}"""
        );
        Result<ToolAnswer> own = await ExecuteAsync("tracker_list_things", $$"""{"kind":"a","cursor":"{{cursor}}"}""");

        other.Succeeded.Should().BeTrue();
        own.Succeeded.Should().BeTrue();
        _rooms.Upstream.Requests.Skip(1).Should().OnlyContain(sent => sent.Query("after") == "p2");
    }

    [Fact]
    public async Task List_ShowsOneStyle_AndWhatHasNoSuchNameUnderItsOwn()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));

        (await ListedAsync(new ScopedToolFilter())).Should().Equal("tracker_list_things", "tracker_make_thing");

        _rooms.Naming = ToolNaming.Scalekit;
        (await ListedAsync(new ScopedToolFilter())).Should().Equal("tracker_things_list", "tracker_make_thing");
    }

    [Fact]
    public async Task List_ShowsATool_UnderTheNameItIsAskedForBy()
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));

        (await ListedAsync(new ScopedToolFilter { ToolNames = ["tracker_thing_list"] }))
            .Should()
            .Equal("tracker_thing_list");
        _rooms.Naming = ToolNaming.Scalekit;
        (await ListedAsync(new ScopedToolFilter { ToolNames = ["tracker_list_things"] }))
            .Should()
            .Equal("tracker_list_things");
    }

    [Theory]
    [InlineData("tracker_list_things")]
    [InlineData("tracker_things_list")]
    public async Task Credential_LimitedToEitherName_MayCallTheToolByBoth(string allowed)
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("""{"items":[]}"""));
        CredentialLimits limits = new(null, new HashSet<string> { allowed });

        (await ExecuteAsync("tracker_things_list", """{"type":"a"}""", limits)).Succeeded.Should().BeTrue();
        (await ExecuteAsync("tracker_list_things", "{}", limits)).Succeeded.Should().BeTrue();
        (await ExecuteAsync("tracker_make_thing", """{"name":"x"}""", limits)).Succeeded.Should().BeFalse();
    }

    [Theory]
    [InlineData("{name: x, tool: nothing, style: s}", "there is no tool 'nothing'")]
    [InlineData("{name: list_things, tool: make_thing, style: s, arguments: {name: x}}", "two tools 'list_things'")]
    [InlineData("{name: x, tool: make_thing, style: s}", "no 'name', which it needs")]
    [InlineData("{name: x, tool: list_things, style: s, arguments: {sort: a}}", "has no argument 'sort'")]
    public void Alias_ThatCannotWork_IsRefused(string alias, string fault)
    {
        Func<ConnectorDefinition> read = () =>
            DefinitionReader.Read(ToolBench.Definition($"{Tracker.TrimEnd()}\n  - {alias}"));

        read.Should().Throw<DefinitionFault>().WithMessage($"*{fault}*");
    }
}
