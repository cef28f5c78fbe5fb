using Anthropic;
using Microsoft.Extensions.AI;

namespace Behalf.Agent;

/// <summary>Claude, or whatever speaks its API, as an <see cref="IChatClient"/>.</summary>
public static class ClaudeChatClient
{
    /// <summary>Makes a client without retries of its own: <see cref="BehalfAgent"/> repeats turns.</summary>
    public static IChatClient Create(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var client = new AnthropicClient
        {
            ApiKey = options.ApiKey.Reveal(),
            // Always stated, so that no variable of the environment sends the key elsewhere.
            BaseUrl = (options.BaseUrl ?? ModelOptions.DefaultBaseUrl).ToString().TrimEnd('/'),
            MaxRetries = 0,
            Timeout = options.Timeout,
        };
        return client.AsIChatClient(options.Model, options.MaxOutputTokens);
    }
}
