using System.Net.Http.Headers;
using System.Text;
using Behalf.Connections;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>JSON-RPC as MCP's streamable HTTP carries it: one request, answered by JSON or by a stream of events.</summary>
internal static class McpMessages
{
    public const string Modern = "2026-07-28";

    /// <value>Offered to servers of the older generation, which answer with what they speak.</value>
    public const string Older = "2025-11-25";

    public const string EventStream = "text/event-stream";

    public const string Accepted = "application/json, text/event-stream";

    private const string Meta = "io.modelcontextprotocol";

    public static JObject Request(long id, string method, JObject parameters) =>
        new()
        {
            ["jsonrpc"] = "2.0",
            ["id"] = id,
            ["method"] = method,
            ["params"] = parameters,
        };

    public static JObject Notification(string method) => new() { ["jsonrpc"] = "2.0", ["method"] = method };

    public static ByteArrayContent Content(byte[] message) =>
        new(message) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    /// <param name="asks">Whether forms for the person are passed on.</param>
    public static JObject Capabilities(bool asks) =>
        asks ? new JObject { ["elicitation"] = new JObject { ["form"] = new JObject() } } : [];

    public static JObject ClientInfo() => new() { ["name"] = "Behalf", ["version"] = "1" };

    /// <summary>What each request of 2026-07-28 says of itself.</summary>
    public static JObject WithMeta(JObject parameters, bool asks)
    {
        parameters["_meta"] = new JObject
        {
            [$"{Meta}/protocolVersion"] = Modern,
            [$"{Meta}/clientInfo"] = ClientInfo(),
            [$"{Meta}/clientCapabilities"] = Capabilities(asks),
        };
        return parameters;
    }

    /// <summary>The message that answers the request, whatever stands beside it.</summary>
    /// <returns>Null: there is none that can be read.</returns>
    public static JObject? Answer(UpstreamOutcome.Answered answered, long id)
    {
        string type = Header(answered, "Content-Type") ?? "";
        IEnumerable<byte[]> messages = type.StartsWith(EventStream, StringComparison.OrdinalIgnoreCase)
            ? Events(answered.Body)
            : [answered.Body];
        return messages.Select(Tokens.TryParse).OfType<JObject>().FirstOrDefault(message => Answers(message, id));
    }

    public static bool Answers(JObject message, long id) =>
        (message["result"] is not null || message["error"] is not null)
        && (message["id"] is null || IdOf(message) == id);

    public static string? Header(UpstreamOutcome.Answered answered, string name) =>
        answered.Headers.FirstOrDefault(one => one.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public static long? CodeOf(JObject? answer) =>
        answer?["error"] is JObject error && error["code"] is JValue { Value: long code } ? code : null;

    /// <summary>Where a stream ended that did not hold the answer: the server keeps the rest for whoever names its last event.</summary>
    /// <returns>Null: it is no stream, or its events have no ids.</returns>
    public static StreamPosition? PositionOf(UpstreamOutcome.Answered answered)
    {
        if (Header(answered, "Content-Type")?.StartsWith(EventStream, StringComparison.OrdinalIgnoreCase) != true)
        {
            return null;
        }

        StreamPosition position = new(null, StreamPosition.UsualPause);
        foreach (string line in Lines(answered.Body))
        {
            position = position.After(line);
        }

        return position.LastId is null ? null : position;
    }

    /// <summary>A refusal of the version that all the same names it among those the server has: it may be tried again.</summary>
    public static bool SaysItSpeaks(JObject? answer, string version) =>
        CodeOf(answer) is -32022
        && answer?["error"]?["data"]?["supported"] is JArray versions
        && versions.Any(one => one is JValue { Value: string supported } && supported == version);

    private static long? IdOf(JObject message) => message["id"] is JValue { Value: long id } ? id : null;

    private static string[] Lines(byte[] body) => Encoding.UTF8.GetString(body).ReplaceLineEndings("\n").Split('\n');

    /// <summary>The data of each event (HTML Living Standard, server-sent events); the rest of an event means nothing here.</summary>
    private static IEnumerable<byte[]> Events(byte[] body)
    {
        StringBuilder data = new();
        foreach (string line in Lines(body).Append(""))
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                data.Append(line.AsSpan(5).TrimStart(' ')).Append('\n');
            }
            else if (line.Length == 0 && data.Length > 0)
            {
                yield return Encoding.UTF8.GetBytes(data.ToString());
                data.Clear();
            }
        }
    }
}
