using System.Security.Cryptography;
using Behalf.Connections;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Behalf.Remote;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>
/// What one run says to a remote MCP server. The newer generation knows no sessions; with the older one the run begins a
/// session of its own, as its user, and no other run sees it.
/// </summary>
internal sealed class McpSession(RunContext context)
{
    private static readonly int[] NotModern = [400, 404, 405, 406, 415];
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private string? _spoken = context.Listings?.Spoken(context.Definition);
    private string? _session;
    private bool _begun;

    /// <value>Where a call is made again with answers, its id must be another than before.</value>
    private long _id = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>A read finds out first what the server speaks; a write is only sent once that is known.</summary>
    /// <param name="headers">What of the parameters is repeated beside them; the older generation has no such headers.</param>
    /// <exception cref="ToolFault">The server refuses it, or cannot be understood.</exception>
    public async Task<JObject> SendAsync(
        string method,
        JObject parameters,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        bool writes,
        CancellationToken cancellationToken
    )
    {
        if (_spoken is null && !writes)
        {
            (UpstreamOutcome outcome, JObject? answer) = await ModernAsync(
                method,
                (JObject)parameters.DeepClone(),
                headers,
                writes,
                cancellationToken
            );
            if (McpMessages.SaysItSpeaks(answer, McpMessages.Modern))
            {
                (outcome, answer) = await ModernAsync(
                    method,
                    (JObject)parameters.DeepClone(),
                    headers,
                    writes,
                    cancellationToken
                );
            }

            if (!IsOlder(outcome, answer))
            {
                Speak(McpMessages.Modern);
                return ResultOf(outcome, answer, method, writes);
            }

            Speak(McpMessages.Older);
        }

        if (_spoken is null or McpMessages.Modern)
        {
            (UpstreamOutcome outcome, JObject? answer) = await ModernAsync(
                method,
                parameters,
                headers,
                writes,
                cancellationToken
            );
            return ResultOf(outcome, answer, method, writes);
        }

        await BeginAsync(cancellationToken);
        (UpstreamOutcome sent, JObject? told) =
            method == "tools/call" && context.Asking?.Inline is { } ask
                ? await TalkAsync(ask, method, parameters, writes, cancellationToken)
                : await OlderAsync(method, parameters, writes, cancellationToken);
        return ResultOf(sent, told, method, writes);
    }

    private void Speak(string spoken)
    {
        _spoken = spoken;
        context.Listings?.Remember(context.Definition, spoken);
    }

    /// <summary>Such a server does not know the method's form, or names the versions it has.</summary>
    private static bool IsOlder(UpstreamOutcome outcome, JObject? answer) =>
        outcome is UpstreamOutcome.Answered { Status: var status }
        && (
            (NotModern.Contains(status) && McpMessages.CodeOf(answer) is not -32602)
            || McpMessages.CodeOf(answer) is -32022 or -32601 or -32600 or -32000
        );

    /// <summary>initialize, once for each run.</summary>
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        JObject parameters = new()
        {
            ["protocolVersion"] = McpMessages.Older,
            ["capabilities"] = McpMessages.Capabilities(asks: context.Asking?.Inline is not null),
            ["clientInfo"] = McpMessages.ClientInfo(),
        };
        long id = ++_id;
        UpstreamOutcome outcome = await PostAsync(
            "initialize",
            McpMessages.Request(id, "initialize", parameters),
            [],
            writes: false,
            cancellationToken
        );
        JObject? answer = outcome is UpstreamOutcome.Answered answered ? McpMessages.Answer(answered, id) : null;
        JObject result = ResultOf(outcome, answer, "initialize", writes: false);
        _spoken =
            result["protocolVersion"] is JValue { Value: string version } && version.Length == 10
                ? version
                : McpMessages.Older;
        _session = McpMessages.Header((UpstreamOutcome.Answered)outcome, "Mcp-Session-Id");
        await PostAsync(
            "notifications/initialized",
            McpMessages.Notification("notifications/initialized"),
            OlderHeaders(),
            writes: false,
            cancellationToken
        );
    }

    private async Task<(UpstreamOutcome, JObject?)> OlderAsync(
        string method,
        JObject parameters,
        bool writes,
        CancellationToken cancellationToken
    )
    {
        long id = ++_id;
        UpstreamOutcome outcome = await PostAsync(
            method,
            McpMessages.Request(id, method, parameters),
            OlderHeaders(),
            writes,
            cancellationToken
        );
        return (outcome, await AnswerAsync(outcome, id, cancellationToken));
    }

    private async Task<(UpstreamOutcome, JObject?)> TalkAsync(
        Func<Question, CancellationToken, Task<QuestionAnswer>> ask,
        string method,
        JObject parameters,
        bool writes,
        CancellationToken cancellationToken
    )
    {
        long id = ++_id;
        List<KeyValuePair<string, string>> headers = OlderHeaders();
        await using McpTalk talk = new(context, ask, headers);
        return await talk.CallAsync(
            RequestOf(method, McpMessages.Request(id, method, parameters), headers, writes),
            id,
            cancellationToken
        );
    }

    /// <summary>A server whose events have ids may end a stream before the answer, and gives the rest to whoever asks for it.</summary>
    private async Task<JObject?> AnswerAsync(UpstreamOutcome outcome, long id, CancellationToken cancellationToken) =>
        outcome is not UpstreamOutcome.Answered answered ? null
        : McpMessages.Answer(answered, id) is { } answer ? answer
        : answered.Status == 200 && McpMessages.PositionOf(answered) is { } position
            ? await new McpStream(context).ResumeAsync(position, id, OlderHeaders(), cancellationToken)
        : null;

    private async Task<(UpstreamOutcome, JObject?)> ModernAsync(
        string method,
        JObject parameters,
        IReadOnlyList<KeyValuePair<string, string>> headers,
        bool writes,
        CancellationToken cancellationToken
    )
    {
        long id = ++_id;
        UpstreamOutcome outcome = await PostAsync(
            method,
            McpMessages.Request(id, method, McpMessages.WithMeta(parameters, asks: context.Asking is not null)),
            [new("MCP-Protocol-Version", McpMessages.Modern), new("Mcp-Method", method), .. headers],
            writes,
            cancellationToken
        );
        return (outcome, await AnswerAsync(outcome, id, cancellationToken));
    }

    private List<KeyValuePair<string, string>> OlderHeaders()
    {
        List<KeyValuePair<string, string>> headers = [new("MCP-Protocol-Version", _spoken ?? McpMessages.Older)];
        if (_session is { Length: > 0 and <= 500 } session && session.All(c => c is > ' ' and <= '~'))
        {
            headers.Add(new("Mcp-Session-Id", session));
        }

        return headers;
    }

    private async Task<UpstreamOutcome> PostAsync(
        string method,
        JObject message,
        List<KeyValuePair<string, string>> headers,
        bool writes,
        CancellationToken cancellationToken
    )
    {
        UpstreamRequest request = RequestOf(method, message, headers, writes);
        await context.BeginRequestAsync();
        context.WriteInFlight = writes;
        UpstreamOutcome outcome = await context.Upstream.SendAsync(request, cancellationToken);
        context.WriteInFlight = false;
        if (outcome is UpstreamOutcome.Answered answered)
        {
            context.LastStatus = answered.Status;
            context.CountBytes(answered.Body.Length);
        }

        return outcome;
    }

    private UpstreamRequest RequestOf(
        string method,
        JObject message,
        List<KeyValuePair<string, string>> headers,
        bool writes
    )
    {
        byte[] bytes = Tokens.ToUtf8(message);
        return new UpstreamRequest
        {
            Operation = method,
            Method = HttpMethod.Post,
            Path = context.Definition.Remote!.Path,
            Headers = [new("Accept", McpMessages.Accepted), .. headers],
            Content = () => McpMessages.Content(bytes),
            Writes = writes,
            Timeout = Timeout,
        };
    }

    private JObject ResultOf(UpstreamOutcome outcome, JObject? answer, string method, bool writes)
    {
        string name = context.Definition.Name;
        switch (outcome)
        {
            case UpstreamOutcome.Unauthorized:
                throw context.Fault(FaultKinds.ReconnectRequired);
            case UpstreamOutcome.Stopped stopped:
                throw new ToolFault(FaultKinds.ProviderError, stopped.Problem.Message) { Stopped = stopped.Problem };
            case UpstreamOutcome.NotSent:
                throw context.Fault(FaultKinds.ProviderError, $"{name} could not be reached; nothing was sent.");
            case UpstreamOutcome.Unknown when !writes:
                throw context.Fault(FaultKinds.ProviderError, $"{name} did not answer in time.");
            case UpstreamOutcome.Answered { Status: 429 } limited:
                throw new ToolFault(
                    FaultKinds.RateLimited,
                    FaultSentences.For(
                        FaultKinds.RateLimited,
                        name,
                        429,
                        ProviderAnswer.RetryAfter(limited.Headers, context.Time)
                    )
                );
            case UpstreamOutcome.Answered { Status: 403 } refused:
                throw Refused(Challenge.Of(McpMessages.Header(refused, "WWW-Authenticate")));
        }

        if (answer?["result"] is JObject result)
        {
            return result;
        }

        if (answer?["error"] is JObject error)
        {
            string words = error["message"] is JValue { Value: string text } ? text : "";
            string kind = McpMessages.CodeOf(answer) == -32602 ? FaultKinds.InvalidInput : FaultKinds.ProviderError;
            throw new ToolFault(kind, FaultSentences.Quote($"{name} refused {method}.", context.Definition, words));
        }

        throw writes
            ? context.Fault(FaultKinds.OutcomeUnknown, FaultSentences.Unknown(name))
            : context.Fault(FaultKinds.ProviderError, $"{name} answered in a form that cannot be read.");
    }

    /// <summary>RFC 6750 §3.1: a server says which scopes the request needs; the next consent can ask for them.</summary>
    private ToolFault Refused(Challenge challenge) =>
        challenge.Error != "insufficient_scope" ? context.Fault(FaultKinds.NoPermission)
        : challenge.Scopes.Count == 0 ? context.Fault(FaultKinds.ScopeMissing)
        : context.Fault(
            FaultKinds.ScopeMissing,
            $"The user's grant does not cover this: {context.Definition.Name} wants {string.Join(' ', challenge.Scopes)}. Add what is missing to the connection's scopes, and let the user reconnect."
        );
}
