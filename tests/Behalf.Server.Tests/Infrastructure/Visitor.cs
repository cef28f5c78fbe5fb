using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>An MCP client by hand: each request is whole, as both generations of the wire have it without sessions.</summary>
internal sealed record Visitor(TestServer Server, Uri Url, string Config, string? Token, string Version)
{
    private static int _id;

    public JsonObject Capabilities { get; init; } = [];

    /// <value>What <c>initialize</c> gave, for the older generation.</value>
    public string? Session { get; init; }

    private bool IsModern => string.CompareOrdinal(Version, "2026-07-28") >= 0;

    public Task<JsonElement> ToolAsync(string name, object arguments) =>
        CallAsync(
            "tools/call",
            new JsonObject { ["name"] = name, ["arguments"] = JsonSerializer.SerializeToNode(arguments) }
        );

    /// <summary>The older generation's handshake.</summary>
    /// <returns>The same visitor, in the session that was begun.</returns>
    public async Task<Visitor> InitializeAsync()
    {
        Reply begun = await (this with { Session = null }).SendAsync(
            "initialize",
            new JsonObject
            {
                ["protocolVersion"] = Version,
                ["capabilities"] = Capabilities.DeepClone(),
                ["clientInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1" },
            }
        );
        begun.Status.Should().Be(200, begun.Body);
        return this with { Session = begun.Headers["Mcp-Session-Id"] };
    }

    /// <returns>The JSON-RPC answer, from whichever form it came in.</returns>
    public async Task<JsonElement> CallAsync(string method, JsonObject? parameters = null) =>
        MessageOf(await SendAsync(method, parameters ?? []));

    /// <summary>The JSON-RPC message of an answer, from whichever form it came in.</summary>
    public static JsonElement MessageOf(Reply reply)
    {
        string body = reply.Body;
        if (reply.Headers["Content-Type"].StartsWith("text/event-stream", StringComparison.Ordinal))
        {
            body = body.Split('\n').Last(line => line.StartsWith("data: ", StringComparison.Ordinal))[6..];
        }

        return JsonDocument.Parse(body).RootElement;
    }

    public async Task<Reply> SendAsync(string method, JsonObject parameters, (string Name, string Value)? header = null)
    {
        using HttpRequestMessage request = Request(method, parameters);
        if (header is var (name, value))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Server.SendAsync(request);
    }

    /// <summary>Answers what the server asked in the middle of a call (the older generation).</summary>
    public async Task<Reply> AnswerAsync(JsonElement asked, JsonObject result)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(Url.AbsolutePath, UriKind.Relative));
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", Version);
        request.Headers.Add("Mcp-Session-Id", Session);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        request.Content = new StringContent(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = JsonNode.Parse(asked.GetProperty("id").GetRawText()),
                ["result"] = result,
            }.ToJsonString(),
            new MediaTypeHeaderValue("application/json")
        );
        return await Server.SendAsync(request);
    }

    /// <summary>The stream of the older generation.</summary>
    public HttpRequestMessage StreamRequest()
    {
        HttpRequestMessage request = new(HttpMethod.Get, new Uri(Url.AbsolutePath, UriKind.Relative));
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", Version);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        if (Session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", Session);
        }

        return request;
    }

    public HttpRequestMessage Request(string method, JsonObject parameters, int? id = null)
    {
        JsonObject sent = parameters.DeepClone().AsObject();
        HttpRequestMessage request = new(HttpMethod.Post, new Uri(Url.AbsolutePath, UriKind.Relative));
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", Version);
        if (IsModern)
        {
            request.Headers.Add("Mcp-Method", method);
            if (sent["name"]?.GetValue<string>() is { } name)
            {
                request.Headers.Add("Mcp-Name", name);
            }

            sent["_meta"] = new JsonObject
            {
                ["io.modelcontextprotocol/protocolVersion"] = Version,
                ["io.modelcontextprotocol/clientInfo"] = new JsonObject { ["name"] = "test", ["version"] = "1" },
                ["io.modelcontextprotocol/clientCapabilities"] = Capabilities.DeepClone(),
            };
        }

        if (Session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", Session);
        }

        if (Token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        }

        request.Content = new StringContent(
            new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = id ?? Interlocked.Increment(ref _id),
                ["method"] = method,
                ["params"] = sent,
            }.ToJsonString(),
            new MediaTypeHeaderValue("application/json")
        );
        return request;
    }
}
