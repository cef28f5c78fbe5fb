using System.Text.Json;
using System.Text.Json.Nodes;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Calls of tools, and what came of them.</summary>
internal static class McpCalls
{
    public static JsonObject Call(string name, object arguments) =>
        new() { ["name"] = name, ["arguments"] = JsonSerializer.SerializeToNode(arguments) };

    /// <summary>The call again, with the answer to what it asked.</summary>
    /// <param name="answer">JSON.</param>
    public static JsonObject Answered(JsonObject call, string state, string key, string answer)
    {
        JsonObject again = call.DeepClone().AsObject();
        again["requestState"] = state;
        again["inputResponses"] = new JsonObject { [key] = JsonNode.Parse(answer) };
        return again;
    }

    /// <param name="action">What the person did with the page at which the tracker's account is connected.</param>
    public static JsonObject Answered(JsonObject call, string state, string action) =>
        Answered(call, state, "connect_tracker", new JsonObject { ["action"] = action }.ToJsonString());

    /// <returns>The page at which the tracker's account is to be connected, as the newer wire asks for it.</returns>
    public static string AskedUrl(JsonElement message) =>
        message
            .GetProperty("result")
            .GetProperty("inputRequests")
            .GetProperty("connect_tracker")
            .GetProperty("params")
            .GetProperty("url")
            .GetString()!;

    /// <returns>What a model reads.</returns>
    public static string Text(JsonElement message) =>
        message.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;
}
