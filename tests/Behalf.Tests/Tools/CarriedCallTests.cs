using System.Text.Json;
using Behalf.Tests.Tools.Support;
using Behalf.Tools;

namespace Behalf.Tests.Tools;

/// <summary>A tool that carries requests of the provider's API does what single tools may do, and nothing else.</summary>
public sealed class CarriedCallTests
{
    private const string Tracker = """
        operations:
          - {id: getThing, path: "/things/{thing_gid}", scopes: [things]}
          - {id: updateThing, method: PUT, path: "/things/{thing_gid}", scopes: [things]}
          - {id: deleteThing, method: DELETE, path: "/things/{thing_gid}", scopes: [deleting]}
          - {id: resetAll, method: POST, path: /reset, scopes: [things]}
          - {id: batch, method: POST, path: /batch, scopes: [things]}
        tools:
          - name: get
            title: Get
            category: things
            description: Reads one thing of the tracker.
            hints: [read_only]
            scopes: [things]
            steps: [{request: getThing, path: /things/1, save: thing}]
          - name: rename
            title: Rename
            category: things
            description: Renames one thing of the tracker.
            scopes: [things]
            steps: [{request: updateThing, method: PUT, path: /things/1, json: {name: x}}]
          - name: close
            title: Close
            category: things
            description: Closes one thing of the tracker.
            scopes: [things]
            steps: [{request: updateThing, method: PUT, path: /things/1, json: {closed: true}}]
          - name: delete
            title: Delete
            category: things
            description: Deletes one thing of the tracker.
            scopes: [deleting]
            steps: [{request: deleteThing, method: DELETE, path: /things/1}]
          - name: batch
            title: Batch
            category: things
            description: Sends several requests at once.
            scopes: [things]
            input:
              actions:
                type: array
                maxItems: 3
                items:
                  type: object
                  properties:
                    method: {type: string, maxLength: 10, required: true}
                    path: {type: string, maxLength: 100, required: true}
            carries: {of: =args.actions, method: method, path: path}
            steps: [{request: batch, method: POST, path: /batch, json: {actions: =args.actions}}]
        """;

    private readonly FakeRooms _rooms = new();

    [Theory]
    [InlineData("get", "/things/7", null)]
    [InlineData("PUT", "/things/7", null)]
    [InlineData("delete", "/things/7", "scope_missing")]
    [InlineData("post", "/reset", "action_not_allowed")]
    [InlineData("post", "/batch", "action_not_allowed")]
    [InlineData("post", "/things/7", "action_not_allowed")]
    [InlineData("get", "/things/7/more", "action_not_allowed")]
    [InlineData("get", "/things/7%2f..", "action_not_allowed")]
    [InlineData("get", "things/7", "action_not_allowed")]
    [InlineData("", "/things/7", "action_not_allowed")]
    public async Task AnAction_IsAnOperationThatTheGrantCoversAndAToolIsFor(string method, string path, string? code)
    {
        _rooms.Connect("alice", _rooms.Add("tracker", Tracker));

        Result<ToolAnswer> result = await BatchAsync(("get", "/things/1"), (method, path));

        result.Problem?.Code.Should().Be(code);
        _rooms.Upstream.Requests.Should().HaveCount(code is null ? 1 : 0);
        _rooms.Denials.Should().HaveCount(code is null ? 0 : 1);
    }

    [Fact]
    public async Task AnOperation_IsRefused_WhenAnyToolThatIsForItIsNotAllowed()
    {
        _rooms.Connect(
            "alice",
            _rooms.Add("tracker", Tracker, one => one with { AllowedTools = ["batch", "close", "get"] })
        );

        (await BatchAsync(("get", "/things/1"))).Succeeded.Should().BeTrue();
        Problem problem = (await BatchAsync(("put", "/things/1"))).Problem!;

        problem.Code.Should().Be("action_not_allowed");
        problem.Message.Should().Contain("tracker_rename", "a batch would rename what may only be closed");
    }

    private Task<Result<ToolAnswer>> BatchAsync(params (string Method, string Path)[] actions)
    {
        _rooms.Upstream = new FakeUpstream(_ => FakeUpstream.Json("{}"));
        return _rooms.Tools.ExecuteAsync(
            Calls.Subject("alice", null),
            new ToolCall
            {
                ToolName = "tracker_batch",
                Arguments = JsonSerializer.SerializeToElement(
                    new { actions = actions.Select(action => new { method = action.Method, path = action.Path }) }
                ),
                ActingThrough = "test",
            },
            TestContext.Current.CancellationToken
        );
    }
}
