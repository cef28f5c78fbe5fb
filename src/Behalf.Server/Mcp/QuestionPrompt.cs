using System.Text.Json;
using Behalf.Mcp;
using Behalf.Tools;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Behalf.Server.Mcp;

/// <summary>
/// Passes on what a provider asks the person in the middle of a call, where the client shows forms: as an input-required
/// result, or, where the provider waits for the answer and the session is this node's, as a request of ours.
/// </summary>
internal sealed class QuestionPrompt(RequestStates states)
{
    private const string Form = "form";

    /// <returns>Null: nobody can be asked.</returns>
    /// <exception cref="McpProtocolException">The state that goes with the answers is not ours, or of another call.</exception>
    public CallAsking? AskingOf(McpVisit visit, RequestContext<CallToolRequestParams> call) =>
        !ClientAbilities.FillsForms(call)
            ? null
            : new CallAsking
            {
                State = states.CarriedBy(visit, call.Params!),
                Answers = AnswersOf(call.Params!),
                Inline = ClientAbilities.HasInputRequests(call)
                    ? null
                    : (question, end) => AskAsync(call, question, end),
            };

    /// <exception cref="InputRequiredException">The person has to be asked first.</exception>
    public CallToolResult Ask(McpVisit visit, RequestContext<CallToolRequestParams> call, PendingQuestions asked)
    {
        Dictionary<string, InputRequest> requests = new(StringComparer.Ordinal);
        foreach (Question question in asked.Questions)
        {
            if (ParametersOf(question) is not { } parameters)
            {
                return ToolResults.Failed(
                    $"{question.Message} (The form that came with it cannot be shown; nothing was done.)"
                );
            }

            requests[question.Key] = InputRequest.ForElicitation(parameters);
        }

        throw new InputRequiredException(requests, states.Seal(visit, call.Params!, asked.State));
    }

    private static async Task<QuestionAnswer> AskAsync(
        RequestContext<CallToolRequestParams> call,
        Question question,
        CancellationToken cancellationToken
    )
    {
        if (ParametersOf(question) is not { } parameters)
        {
            return QuestionAnswer.Cancel;
        }

        try
        {
            ElicitResult result = await call.Server.ElicitAsync(parameters, cancellationToken);
            return new QuestionAnswer(
                result.Action,
                result.Content is null ? null : JsonSerializer.SerializeToElement(result.Content)
            );
        }
        catch (Exception exception) when (exception is McpException or IOException or ObjectDisposedException)
        {
            return QuestionAnswer.Cancel; // the client refused to ask, or left
        }
    }

    /// <returns>Null: it is no form that clients know.</returns>
    private static ElicitRequestParams? ParametersOf(Question question)
    {
        try
        {
            return new ElicitRequestParams
            {
                Mode = Form,
                Message = question.Message,
                RequestedSchema = question.Schema.Deserialize<ElicitRequestParams.RequestSchema>(
                    McpJsonUtilities.DefaultOptions
                ),
            };
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static Dictionary<string, QuestionAnswer> AnswersOf(CallToolRequestParams call)
    {
        Dictionary<string, QuestionAnswer> answers = new(StringComparer.Ordinal);
        foreach ((string key, InputResponse response) in call.InputResponses ?? new Dictionary<string, InputResponse>())
        {
            string action = RequestStates.ActionOf(response.RawValue) ?? QuestionAnswer.Cancel.Action;
            JsonElement? content =
                response.RawValue.ValueKind == JsonValueKind.Object
                && response.RawValue.TryGetProperty("content", out JsonElement given)
                    ? given
                    : null;
            answers[key] = new QuestionAnswer(action, content);
        }

        return answers;
    }
}
