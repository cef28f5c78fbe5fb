using System.Text.Json;
using Behalf.Connectors;
using Behalf.Mcp;
using Behalf.Tools;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// Asks the person before a tool deletes something or changes who sees it, where the client can ask. A model that fills in
/// <c>confirm</c> by itself is not a person who says yes.
/// </summary>
internal sealed class ConfirmPrompt(ITools tools, RequestStates states)
{
    private const string Key = "confirm";
    private const string Form = "form";
    private const int MaxShown = 600;

    /// <returns>Null: nothing stands in the way of the call. Else what it ends with.</returns>
    /// <exception cref="InputRequiredException">The person has to be asked first.</exception>
    public async Task<CallToolResult?> AskAsync(
        McpVisit visit,
        RequestContext<CallToolRequestParams> call,
        CancellationToken cancellationToken
    )
    {
        if (
            !ClientAbilities.FillsForms(call)
            || await FindAsync(visit, call.Params!.Name, cancellationToken) is not { } tool
            || !NeedsAPerson(tool.Definition)
            || states.CarriedBy(visit, call.Params!) is not null // a provider's question comes after the yes to this one
        )
        {
            return null;
        }

        JsonElement? answer = states.AnswerTo(visit, call.Params!, Key);
        return RequestStates.ActionOf(answer) switch
        {
            null => throw new InputRequiredException(
                new Dictionary<string, InputRequest> { [Key] = InputRequest.ForElicitation(QuestionOf(tool, call)) },
                states.Seal(visit, call.Params!)
            ),
            "accept" when SaysYes(answer!.Value) => null,
            _ => ToolResults.Failed(
                $"The person did not agree to \"{tool.Definition.Title}\". Nothing was called. Do not try it another way; ask what they want instead."
            ),
        };
    }

    private async Task<OfferedTool?> FindAsync(McpVisit visit, string name, CancellationToken cancellationToken)
    {
        ScopedToolPage page = await tools.ListScopedAsync(
            visit.Subject,
            new ScopedToolFilter { ToolNames = [name] },
            new ToolPageRequest(1, 0),
            cancellationToken
        );
        return page.Tools is [var only, ..] ? only.Tool : null;
    }

    private static bool NeedsAPerson(ToolDefinition tool) =>
        tool.Hints.HasFlag(ToolHints.Destructive) || tool.Hints.HasFlag(ToolHints.ChangesAccess);

    private static ElicitRequestParams QuestionOf(OfferedTool tool, RequestContext<CallToolRequestParams> call) =>
        new()
        {
            Mode = Form,
            Message =
                $"\"{tool.Definition.Title}\" in your \"{tool.Connection.Name}\" account, with {Shown(call.Params!)}. Do it?",
            RequestedSchema = new ElicitRequestParams.RequestSchema
            {
                Properties = new Dictionary<string, ElicitRequestParams.PrimitiveSchemaDefinition>
                {
                    [Key] = new ElicitRequestParams.BooleanSchema { Title = "Yes, do it", Default = false },
                },
                Required = [Key],
            },
        };

    /// <summary>The arguments as they will be sent; what a model wrote there could be anything, so it is JSON, and cut.</summary>
    private static string Shown(CallToolRequestParams call)
    {
        string text = JsonSerializer.Serialize(call.Arguments ?? new Dictionary<string, JsonElement>());
        return text.Length <= MaxShown ? text : $"{text[..MaxShown]}… ({text.Length} characters)";
    }

    private static bool SaysYes(JsonElement answer) =>
        answer.TryGetProperty("content", out JsonElement content)
        && content.ValueKind == JsonValueKind.Object
        && content.TryGetProperty(Key, out JsonElement confirm)
        && confirm.ValueKind == JsonValueKind.True;
}
