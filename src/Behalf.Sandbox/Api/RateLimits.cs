using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Api;

/// <summary>Calls per token in one-minute windows, rejected ones included. Runs under <c>ObjectStore.Gate</c>.</summary>
internal sealed class RateLimits(TimeProvider time, ApiLimits limits)
{
    private readonly Dictionary<AccessToken, Window> _windows = [];

    public void Count(AccessToken token, Operation operation)
    {
        var second = time.GetUtcNow().ToUnixTimeSeconds();
        var minute = second / 60;
        if (!_windows.TryGetValue(token, out var window) || window.Minute != minute)
        {
            _windows[token] = window = new Window { Minute = minute };
        }
        window.Calls++;
        var isSearch = operation.Path.EndsWith("/tasks/search", StringComparison.Ordinal);
        window.Searches += isSearch ? 1 : 0;
        if (window.Calls > limits.RequestsPerMinute || (isSearch && window.Searches > limits.SearchesPerMinute))
        {
            throw Refusal.TooManyRequests((int)(60 - (second % 60)));
        }
    }

    private sealed class Window
    {
        public long Minute { get; init; }
        public int Calls { get; set; }
        public int Searches { get; set; }
    }
}
