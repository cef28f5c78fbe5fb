using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Behalf.Client;

/// <summary>One tool of one user. What the server says of it stands in <see cref="AITool.AdditionalProperties"/>.</summary>
internal sealed class ScopedToolFunction(IUserClient user, UserTool tool, string? agentRunId) : AIFunction
{
    public override string Name => tool.Name;

    public override string Description => tool.Description;

    public override JsonElement JsonSchema => tool.InputSchema;

    public override IReadOnlyDictionary<string, object?> AdditionalProperties { get; } =
        new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["title"] = tool.Title,
            ["connection"] = tool.ConnectionName,
            ["read_only"] = tool.IsReadOnly,
            ["destructive"] = tool.IsDestructive,
            ["idempotent"] = tool.IsIdempotent,
        };

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
