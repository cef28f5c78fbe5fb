using System.Text;
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
    private readonly McpSession _session = new(context);

    public async Task CallAsync(McpStep step, RunScope scope, CancellationToken cancellationToken)
    {
        await CheckAsync(step, cancellationToken);
        JObject result = await _session.SendAsync(
            "tools/call",
            new JObject { ["name"] = step.Tool, ["arguments"] = step.Arguments?.Evaluate(scope.Root) as JObject ?? [] },
            step.Tool,
            step.Writes,
            cancellationToken
        );
        if (result["isError"] is JValue { Value: true })
        {
            throw new ToolFault(
                FaultKinds.ProviderError,
                FaultSentences.Quote($"{context.Definition.Name} could not do it.", context.Definition, TextOf(result))
            );
        }

        if (result["resultType"] is JValue { Value: "input_required" })
        {
            throw context.Fault(
                FaultKinds.ProviderError,
                $"{context.Definition.Name} wants to ask a person something, which cannot be passed on."
            );
        }

        context.Wrote |= step.Writes;
        scope.Save(step.Save, Shaped(result));
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
            ),
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
            JObject result = await _session.SendAsync("tools/list", parameters, null, writes: false, cancellationToken);
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
