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
            MaxRetries = 0,
            Timeout = options.Timeout,
        };
        if (options.BaseUrl is { } baseUrl)
        {
            client = new AnthropicClient
            {
                ApiKey = options.ApiKey.Reveal(),
                MaxRetries = 0,
                Timeout = options.Timeout,
                BaseUrl = baseUrl.ToString().TrimEnd('/'),
            };
        }

        return client.AsIChatClient(options.Model, options.MaxOutputTokens);
    }
}
