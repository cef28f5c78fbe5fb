using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Behalf.Client;

/// <summary>
/// Three functions in place of many definitions: one finds tools by words, two call what was found. What was not found
/// is not called; whether the user may call it is the server's to say, as for every call.
/// </summary>
internal sealed class FoundTools
{
    private const int Most = 8;
    private const int MaxQuery = 2_000;

    private readonly IUserClient _user;
    private readonly ScopedToolOptions _options;
    private readonly ConcurrentDictionary<string, UserTool> _found = new(StringComparer.Ordinal);

    public FoundTools(IUserClient user, ScopedToolOptions options)
    {
        _user = user;
        _options = options;
        Search = AIFunctionFactory.Create(
            SearchAsync,
            "search_tools",
            "Finds tools by words, such as \"share project\" or \"log time\". Gives name, description and input_schema of the best."
        );
        Call = AIFunctionFactory.Create(CallAsync, "call_tool", "Calls a tool that search_tools found.");
        CallApproved = new ApprovalRequiredAIFunction(
            AIFunctionFactory.Create(
                CallApprovedAsync,
                "call_tool_with_approval",
                "Calls a tool that search_tools found and that needs a person's approval."
            )
        );
    }

    public AIFunction Search { get; }

    public AIFunction Call { get; }

    public AIFunction CallApproved { get; }

    private async Task<JsonArray> SearchAsync(
        [Description("What the tool should do, in a few words")] string query,
        CancellationToken cancellationToken
    )
    {
        if (string.IsNullOrWhiteSpace(query))
        {
            return [];
        }
        var words = query.Length > MaxQuery ? query[..MaxQuery] : query;
        var tools = await _user.SearchToolsAsync(words, Most, cancellationToken).ConfigureAwait(false);
        foreach (var tool in tools)
        {
            _found[tool.Name] = tool;
        }
        return
        [
            .. tools.Select(tool => new JsonObject
            {
                ["name"] = tool.Name,
                ["description"] = tool.Description,
                ["input_schema"] = JsonSerializer.SerializeToNode(tool.InputSchema),
                ["call_with"] = _options.NeedsApproval(tool) ? CallApproved.Name : Call.Name,
            }),
        ];
    }

    private Task<JsonObject> CallAsync(
        [Description("As search_tools gave it")] string name,
        [Description("By the tool's input_schema")] JsonObject arguments,
        CancellationToken cancellationToken
    ) =>
        _found.TryGetValue(name, out var tool) && _options.NeedsApproval(tool)
            ? Task.FromResult(Error("approval_needed", $"Call it with {CallApproved.Name}."))
            : CallApprovedAsync(name, arguments, cancellationToken);

    private async Task<JsonObject> CallApprovedAsync(
        [Description("As search_tools gave it")] string name,
        [Description("By the tool's input_schema")] JsonObject arguments,
        CancellationToken cancellationToken
    )
    {
        if (!_found.ContainsKey(name))
        {
            return Error("unknown_tool", $"Find it with {Search.Name} first.");
        }
        var outcome = await _user
            .CallToolAsync(name, arguments, _options.AgentRunId, cancellationToken)
            .ConfigureAwait(false);
        return outcome switch
        {
            ToolOutcome.Succeeded succeeded => succeeded.Data,
            ToolOutcome.Failed failed => Error(failed.Code, failed.Message),
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
    }

    private static JsonObject Error(string code, string message) => new() { ["error"] = code, ["message"] = message };
}
