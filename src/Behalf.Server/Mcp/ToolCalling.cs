using System.Text.Json;
using Behalf.Mcp;
using Behalf.Server.Api;
using Behalf.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// <c>tools/call</c>: the same walk as every other door's. What fails in the tool is a result the model can read; a tool
/// that is not there is an error of the protocol.
/// </summary>
internal sealed class ToolCalling(
    ITools tools,
    ConnectionsTool connections,
    ConfirmPrompt confirm,
    ConnectPrompt connect,
    QuestionPrompt questions,
    OpenCalls open
)
{
    public async ValueTask<CallToolResult> CallAsync(
        McpVisitor visitor,
        RequestContext<CallToolRequestParams> call,
        CancellationToken cancellationToken
    )
    {
        (McpVisit visit, HttpContext http) = (visitor.Visit, visitor.Http);
        CallToolRequestParams parameters =
            call.Params ?? throw new McpProtocolException("The call has no parameters.", McpErrorCode.InvalidParams);
        JsonElement arguments = JsonSerializer.SerializeToElement(
            parameters.Arguments ?? new Dictionary<string, JsonElement>()
        );
        if (parameters.Name == ConnectionsTool.Name)
        {
            return await connections.CallAsync(visit, arguments, cancellationToken);
        }

        if (await confirm.AskAsync(visit, call, cancellationToken) is { } refused)
        {
            return refused;
        }

        AnswerDelivery delivery = new();
        http.Response.OnCompleted(() =>
        {
            delivery.End(delivered: false); // unless it was handed over before
            return Task.CompletedTask;
        });
        using OpenCalls.Open ongoing = open.Begin(
            visitor.Session,
            call.JsonRpcRequest.Id.ToString(),
            cancellationToken
        );
        Result<ToolAnswer> answer = await tools.ExecuteAsync(
            visit.Subject,
            new ToolCall
            {
                ToolName = parameters.Name,
                Arguments = arguments,
                ActingThrough = ActingThrough(visit),
                IdempotencyKey = KeyOf(http) ?? RequestStates.KeyOf(parameters),
                Delivery = delivery,
                OnAdvance = CallProgress.Of(call, http),
                Asking = questions.AskingOf(visit, call),
            },
            ongoing.Token
        );
        delivery.End(delivered: !cancellationToken.IsCancellationRequested);
        if (answer.Succeeded)
        {
            return ToolResults.Of(answer.Value);
        }

        return answer.Problem switch
        {
            { Kind: ProblemKind.NotFound, Code: "not_found" } => throw new McpProtocolException(
                "There is no such tool.",
                McpErrorCode.InvalidParams
            ),
            { Asked: { } asked } => questions.Ask(visit, call, asked),
            { Reconnect: { } connection, AuthorizationLink: { } link } problem => connect.Ask(
                visit,
                call,
                connection,
                link,
                problem
            ),
            var problem => ToolResults.Of(problem),
        };
    }

    public static string ActingThrough(McpVisit visit) => $"mcp · {visit.Subject.Principal.DisplayName}";

    /// <summary>A state that passed is unique: a call that the person agreed to once is made once.</summary>
    private static string? KeyOf(HttpContext http) =>
        http.Request.Headers[ExecuteCall.KeyHeader] is { Count: 1 } given ? given[0] : null;
}
