using System.Text.Json;

namespace Behalf.PracticeModel.Protocol;

/// <summary>
/// Reads and checks a Messages request. What the API refuses is refused here, with the path in front of the message as
/// the API has it.
/// </summary>
internal static class MessagesRequestReader
{
    /// <summary>From this API version on, sampling parameters are no longer accepted.</summary>
    private const string VersionWithoutSampling = "2026-10-21";

    private static readonly string[] SamplingFields = ["temperature", "top_p", "top_k"];

    private static readonly HashSet<string> KnownFields =
    [
        "model",
        "max_tokens",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "stream",
        "stop_sequences",
        "metadata",
        "temperature",
        "top_p",
        "top_k",
        "thinking",
        "service_tier",
        "container",
        "context_management",
        "mcp_servers",
        "output_config",
        "output_format",
        "cache_control",
        "inference_geo",
        "speed",
        "betas",
    ];

    /// <exception cref="RequestRefusedException">The request is one the API answers with an error.</exception>
    public static MessagesRequest Read(JsonElement body, string? apiVersion, int bodyLength, bool countOnly)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw RequestRefusedException.Invalid("Input should be a valid dictionary");
        }

        foreach (var property in body.EnumerateObject().Where(property => !KnownFields.Contains(property.Name)))
        {
            throw RequestRefusedException.Invalid($"{property.Name}: Extra inputs are not permitted");
        }

        CheckSampling(body, apiVersion);
        var model = body.RequiredString("model", "");
        if (model.Length == 0)
        {
            throw RequestRefusedException.Invalid("model: String should have at least 1 character");
        }

        var maxTokens = countOnly ? 1 : ReadMaxTokens(body);
        var tools = ToolsReader.Read(body);
        var request = new MessagesRequest
        {
            Model = model,
            MaxTokens = maxTokens,
            Messages = InputMessagesReader.Read(body.Required("messages", "")),
            Tools = tools,
            ToolChoice = ToolsReader.ReadChoice(body, tools),
            Stream = body.Flag("stream", ""),
            InputTokens = TokenEstimate.Of(bodyLength),
        };
        ToolPairing.Check(request.Messages);
        return request;
    }

    private static int ReadMaxTokens(JsonElement body)
    {
        var value = body.Required("max_tokens", "");
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var maxTokens))
        {
            throw RequestRefusedException.Invalid("max_tokens: Input should be a valid integer");
        }

        return maxTokens >= 1
            ? maxTokens
            : throw RequestRefusedException.Invalid("max_tokens: Input should be greater than or equal to 1");
    }

    private static void CheckSampling(JsonElement body, string? apiVersion)
    {
        foreach (var name in SamplingFields)
        {
            if (body.Optional(name) is not { } value)
            {
                continue;
            }

            if (string.CompareOrdinal(apiVersion, VersionWithoutSampling) >= 0)
            {
                throw RequestRefusedException.Invalid($"{name}: Extra inputs are not permitted");
            }

            var inRange =
                value.ValueKind == JsonValueKind.Number
                && value.TryGetDouble(out var number)
                && number >= 0
                && (name == "top_k" || number <= 1);
            if (!inRange)
            {
                throw RequestRefusedException.Invalid($"{name}: range: 0..1");
            }
        }
    }
}
