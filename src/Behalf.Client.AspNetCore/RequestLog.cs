using Microsoft.Extensions.Logging;

namespace Behalf.Client.AspNetCore;

/// <summary>
/// The verification's address carries <c>auth_request_id</c> and <c>state</c> in its query, and the web framework writes the
/// query of every request at Information, before any endpoint could prevent it.
/// </summary>
internal static class RequestLog
{
    private const string Category = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>Last and most specific, for every provider that has rules of its own too.</summary>
    public static void Silence(LoggerFilterOptions options)
    {
        foreach (var provider in options.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToArray())
        {
            options.Rules.Add(new LoggerFilterRule(provider, Category, LogLevel.Warning, null));
        }
    }
}
