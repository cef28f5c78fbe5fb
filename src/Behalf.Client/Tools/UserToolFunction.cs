using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Behalf.Client;

public static class UserToolFunctions
{
    /// <summary>
    /// The user's tools as functions for any .NET agent framework. A failing tool gives the model an object with
    /// <c>error</c> and <c>message</c>; approvals are the framework's business.
    /// </summary>
    /// <param name="agentRunId">Stands in the audit trail beside every call.</param>
    public static async Task<IReadOnlyList<AIFunction>> GetFunctionsAsync(
        this IUserClient user,
        string? agentRunId = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(user);
        var listed = await user.ListToolsAsync(cancellationToken).ConfigureAwait(false);
        return [.. listed.Tools.Select(tool => new UserToolFunction(user, tool, agentRunId))];
    }
}

internal sealed class UserToolFunction(IUserClient user, UserTool tool, string? agentRunId) : AIFunction
{
    public override string Name => tool.Name;

    public override string Description => tool.Description;

    public override JsonElement JsonSchema => tool.InputSchema;

    protected override async ValueTask<object?> InvokeCoreAsync(
        AIFunctionArguments arguments,
        CancellationToken cancellationToken
    )
    {
        var json = JsonSerializer.SerializeToNode(arguments.ToDictionary(), JsonSerializerOptions)!.AsObject();
        var outcome = await user.CallToolAsync(tool.Name, json, agentRunId, cancellationToken).ConfigureAwait(false);
        return outcome switch
        {
            ToolOutcome.Succeeded succeeded => succeeded.Data,
            ToolOutcome.Failed failed => new JsonObject { ["error"] = failed.Code, ["message"] = failed.Message },
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
    }
}
