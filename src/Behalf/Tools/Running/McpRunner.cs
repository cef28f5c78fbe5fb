using System.Text;
using Behalf.Audit;
using Behalf.Connectors.Remote;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>
/// Calls tools of a remote MCP server, and only as they were accepted: what the server lists is compared with what the
/// definition pins before anything is called.
/// </summary>
internal sealed class McpRunner(RunContext context)
{
    private const int MaxPages = 20;
    private const int MaxTools = 450;
    private const int MostRounds = 5;
    private readonly McpSession _session = new(context);

    public async Task CallAsync(McpStep step, RunScope scope, CancellationToken cancellationToken)
    {
        await CheckAsync(step, cancellationToken);
        JObject arguments = step.Arguments?.Evaluate(scope.Root) as JObject ?? [];
        JObject parameters = new() { ["name"] = step.Tool, ["arguments"] = arguments };
        QuestionState.Resume(context.Asking, parameters);
        JObject result = await SendAsync(step, parameters, cancellationToken);
        for (int round = 1; IsWaiting(result); round++)
        {
            IReadOnlyList<Question> questions = McpQuestions.Read(result, context);
            string? state = result["requestState"] is JValue { Value: string given } ? given : null;
            if (questions.Count > 0 || state is null || round == MostRounds)
            {
                throw Asked(questions, state);
            }

            // It asks nothing, but to be called once more.
            parameters.Remove("inputResponses");
            parameters["requestState"] = state;
            result = await SendAsync(step, parameters, cancellationToken);
        }

        if (result["isError"] is JValue { Value: true })
        {
            throw new ToolFault(
                FaultKinds.ProviderError,
                FaultSentences.Quote($"{context.Definition.Name} could not do it.", context.Definition, TextOf(result))
            );
        }

        context.Wrote |= step.Writes;
        scope.Save(step.Save, Shaped(result));
    }

    private Task<JObject> SendAsync(McpStep step, JObject parameters, CancellationToken cancellationToken) =>
        _session.SendAsync(
            "tools/call",
            (JObject)parameters.DeepClone(),
            [
                new("Mcp-Name", ParameterHeader.Encode(step.Tool)),
                .. ParameterHeader.Of(step, (JObject)parameters["arguments"]!, context),
            ],
            step.Writes,
            cancellationToken
        );

    private static bool IsWaiting(JObject result) => result["resultType"] is JValue { Value: "input_required" };

    /// <summary>The call ends here, with nothing done; whoever reaches the person makes it again with the answers.</summary>
    private ToolFault Asked(IReadOnlyList<Question> questions, string? state)
    {
        string name = context.Definition.Name;
        if (questions.Count == 0 || context.Asking is null)
        {
            return context.Fault(
                FaultKinds.ProviderError,
                $"{name} wants to ask the person something first, and this call does not reach a person. Nothing was done. Over MCP, a client that shows forms does."
            );
        }

        string words = string.Join(' ', questions.Select(question => question.Message));
        return new ToolFault(FaultKinds.ProviderError, words)
        {
            Stopped = new Problem(ProblemKind.FailedPrecondition, CallOutcomes.InputRequired, words)
            {
                Asked = QuestionState.Write(questions, state, context),
            },
        };
    }

    public async Task ListAsync(McpListStep step, RunScope scope, CancellationToken cancellationToken)
    {
        RemoteDifference difference = await ReceiveAsync(cancellationToken);
        scope.Save(
            step.Save,
            new JObject { ["changed"] = new JArray(difference.Changed), ["added"] = new JArray(difference.Added) }
        );
    }

    private async Task CheckAsync(McpStep step, CancellationToken cancellationToken)
    {
        if (context is { Listings: { } listings, Upstream.Environment: { } environment })
        {
            if (listings.IsFresh(environment, context.Definition))
            {
                return;
            }

            RemoteDifference difference = await ReceiveAsync(cancellationToken);
            if (!difference.Changed.Contains(context.Tool.Name, StringComparer.Ordinal))
            {
                return;
            }
        }

        throw new ToolFault(FaultKinds.ProviderError, step.Tool)
        {
            Stopped = new Problem(
                ProblemKind.FailedPrecondition,
                "tool_changed",
                $"{context.Definition.Name} describes {step.Tool} otherwise than when it was accepted, or has it no more: nothing was called. Whoever manages the connection can look at it and accept it (behalf connection update … --accept)."
            )
            {
                IsOfTheMoment = !context.Wrote,
            },
        };
    }

    private async Task<RemoteDifference> ReceiveAsync(CancellationToken cancellationToken)
    {
        if (context is not { Listings: { } listings, Upstream.Environment: { } environment })
        {
            throw context.Fault(FaultKinds.ProviderError, "There is no server to ask here.");
        }

        List<RemoteTool> tools = [];
        string? cursor = null;
        for (int page = 0; page < MaxPages && tools.Count < MaxTools; page++)
        {
            JObject parameters = cursor is null ? [] : new JObject { ["cursor"] = cursor };
            JObject result = await _session.SendAsync("tools/list", parameters, [], writes: false, cancellationToken);
            foreach (JToken listed in result["tools"] as JArray ?? [])
            {
                if (tools.Count < MaxTools && RemoteTool.Of(Tokens.ToJson(listed)) is { } tool)
                {
                    tools.Add(tool);
                }
            }

            cursor = result["nextCursor"] is JValue { Value: string { Length: > 0 } next } ? next : null;
            if (cursor is null)
            {
                break;
            }
        }

        return await listings.ReceiveAsync(environment, context.Definition, tools, cancellationToken);
    }

    /// <summary>Structured content where there is some; else texts, read as JSON where they are JSON, and links.</summary>
    private JToken Shaped(JObject result)
    {
        if (result["structuredContent"] is JObject structured)
        {
            return structured.DeepClone();
        }

        JObject shaped = [];
        string text = TextOf(result);
        if (text is ['{' or '[', ..] && Tokens.TryParse(Encoding.UTF8.GetBytes(text)) is { } json)
        {
            return json is JObject ? json : new JObject { ["result"] = json };
        }

        if (text.Length > 0)
        {
            shaped["text"] = text;
        }

        JArray links = [];
        foreach (JToken item in result["content"] as JArray ?? [])
        {
            switch (item["type"]?.ToString())
            {
                case "text":
                    break;
                case "resource_link" when item["uri"] is JValue { Value: string uri }:
                    links.Add(uri);
                    break;
                default:
                    context.Note("A part of the answer is neither text nor a link and is left out.");
                    break;
            }
        }

        if (links.Count > 0)
        {
            shaped["links"] = links;
        }

        return shaped;
    }

    private static string TextOf(JObject result) =>
        string.Join(
            '\n',
            (result["content"] as JArray ?? [])
                .Where(item => item["type"]?.ToString() == "text")
                .Select(item => item["text"]?.ToString() ?? "")
        );
}
