using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Behalf.Client.Tests;

public sealed class ScopedToolTests
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly Listed _user = new();

    [Fact]
    public async Task ADestructiveTool_NeedsApproval_AndTheOthersDoNot()
    {
        var functions = await _user.GetScopedToolsAsync(cancellationToken: _token);

        functions.Single(f => f.Name == "delete_task").Should().BeOfType<ApprovalRequiredAIFunction>();
        functions.Single(f => f.Name == "list_tasks").Should().NotBeOfType<ApprovalRequiredAIFunction>();
    }

    [Fact]
    public async Task WhatNeedsApproval_IsTheApplicationsChoice()
    {
        var functions = await _user.GetScopedToolsAsync(
            new ScopedToolOptions { NeedsApproval = tool => !tool.IsReadOnly },
            _token
        );

        functions.OfType<ApprovalRequiredAIFunction>().Should().HaveCount(2);
    }

    [Fact]
    public async Task AFunction_CarriesSchemaAndHints()
    {
        var function = (await _user.GetScopedToolsAsync(cancellationToken: _token)).Single(f =>
            f.Name == "delete_task"
        );

        function.Description.Should().Be("Deletes a task.");
        function.JsonSchema.GetProperty("required")[0].GetString().Should().Be("task");
        function.AdditionalProperties["destructive"].Should().Be(true);
        function.AdditionalProperties["connection"].Should().Be("asana");
    }

    [Fact]
    public async Task ACall_CarriesItsArguments_AndTheRun()
    {
        var functions = await _user.GetScopedToolsAsync(new ScopedToolOptions { AgentRunId = "run-1" }, _token);

        var result = await functions
            .Single(f => f.Name == "list_tasks")
            .InvokeAsync(new AIFunctionArguments { ["limit"] = 3, ["done"] = null }, _token);

        JsonNode.DeepEquals(_user.Arguments, JsonNode.Parse("""{"limit":3,"done":null}""")).Should().BeTrue();
        _user.RunId.Should().Be("run-1");
        result.Should().BeOfType<JsonObject>();
    }

    [Fact]
    public async Task AFailure_IsTheModelsToRead()
    {
        var functions = await _user.GetScopedToolsAsync(cancellationToken: _token);

        var result = await functions.Single(f => f.Name == "update_task").InvokeAsync([], _token);

        JsonSerializer.Serialize(result).Should().Be("""{"error":"no_permission","message":"You may not."}""");
    }

    [Fact]
    public async Task AToolset_ShowsThoseNamed_AndThreeFunctionsForTheRest()
    {
        var functions = await _user.GetScopedToolsAsync(
            new ScopedToolOptions { Toolset = ["list_tasks"], AgentRunId = "run-1" },
            _token
        );
        functions
            .Select(f => f.Name)
            .Should()
            .Equal("list_tasks", "search_tools", "call_tool", "call_tool_with_approval");
        functions[3].Should().BeOfType<ApprovalRequiredAIFunction>();

        async Task<string> Call(int function, string name) =>
            JsonSerializer.Serialize(
                await functions[function]
                    .InvokeAsync(
                        new AIFunctionArguments
                        {
                            ["name"] = name,
                            ["arguments"] = new JsonObject { ["task"] = "7" },
                        },
                        _token
                    )
            );

        (await Call(2, "delete_task")).Should().Contain("unknown_tool", "it was not found yet");
        var found = JsonSerializer.Serialize(
            await functions[1].InvokeAsync(new AIFunctionArguments { ["query"] = "delete" }, _token)
        );
        found.Should().Contain("delete_task").And.Contain("input_schema").And.Contain("call_tool_with_approval");
        (await Call(2, "delete_task")).Should().Contain("approval_needed");
        _user.Arguments.Should().BeNull("nothing was called");
        (await Call(3, "delete_task")).Should().Be("{}");
        (_user.RunId, (string?)_user.Arguments!["task"]).Should().Be(("run-1", "7"));
    }

    private sealed class Listed : IUserClient
    {
        private static readonly JsonElement s_schema = JsonSerializer.SerializeToElement(
            JsonNode.Parse("""{"type":"object","required":["task"]}""")
        );

        public JsonObject? Arguments { get; private set; }

        public string? RunId { get; private set; }

        public Task<UserTools> ListToolsAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult(
                new UserTools(
                    [
                        new("list_tasks", "List", "Lists tasks.", s_schema, "asana", true, false, true),
                        new("update_task", "Update", "Updates a task.", s_schema, "asana", false, false, true),
                        new("delete_task", "Delete", "Deletes a task.", s_schema, "asana", false, true, true),
                    ],
                    []
                )
            );

        public async Task<IReadOnlyList<UserTool>> SearchToolsAsync(
            string query,
            int most = 8,
            CancellationToken cancellationToken = default
        ) => [.. (await ListToolsAsync(cancellationToken)).Tools.Where(tool => tool.Name.Contains(query)).Take(most)];

        public Task<ToolExplanation> ExplainToolAsync(
            string toolName,
            JsonObject arguments,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException("Functions explain nothing.");

        public Task<ToolOutcome> CallToolAsync(
            string toolName,
            JsonObject arguments,
            string? agentRunId = null,
            CancellationToken cancellationToken = default
        )
        {
            (Arguments, RunId) = (arguments, agentRunId);
            return Task.FromResult<ToolOutcome>(
                toolName == "update_task"
                    ? new ToolOutcome.Failed("no_permission", "You may not.", null, NeedsAuthorization: false)
                    : new ToolOutcome.Succeeded([], "exe_1")
            );
        }
    }
}
