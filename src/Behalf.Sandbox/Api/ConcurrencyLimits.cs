using System.Collections.Concurrent;
using Behalf.Sandbox.OAuth;

namespace Behalf.Sandbox.Api;

/// <summary>
/// Requests of one token that are being answered at once: so many reads and, separately, so many writes. Asana's refusal
/// names no time to wait. Safe for concurrent use.
/// </summary>
internal sealed class ConcurrencyLimits(ApiLimits limits)
{
    private readonly ConcurrentDictionary<(AccessToken Token, bool Reads), int> _inFlight = [];

    /// <returns>Null when there are too many; else dispose it when the answer is sent.</returns>
    public IDisposable? Enter(AccessToken token, string method)
    {
        var reads = HttpMethods.IsGet(method);
        var key = (token, reads);
        var most = reads ? limits.ConcurrentReads : limits.ConcurrentWrites;
        if (_inFlight.AddOrUpdate(key, 1, (_, now) => now + 1) <= most)
        {
            return new Place(this, key);
        }
        Leave(key);
        return null;
    }

    private void Leave((AccessToken, bool) key) => _inFlight.AddOrUpdate(key, 0, (_, now) => now - 1);

    private sealed class Place(ConcurrencyLimits limits, (AccessToken, bool) key) : IDisposable
    {
        public void Dispose() => limits.Leave(key);
    }
}
