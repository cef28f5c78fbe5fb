using System.Collections.Concurrent;

namespace Behalf.Server.Mcp;

/// <summary>
/// Calls of the older generation that are being made on this node, so that <c>notifications/cancelled</c>, which is a
/// request of its own there, ends the one it means. It ends nothing of another session; a client that cancels at another
/// node is answered nothing, as the specification allows.
/// </summary>
internal sealed class OpenCalls
{
    private readonly ConcurrentDictionary<(string Session, string Request), CancellationTokenSource> _open = new();

    /// <summary>The call counts as open until the result is disposed.</summary>
    public Open Begin(ClientSession? session, string request, CancellationToken cancellationToken) =>
        new(this, session is null ? null : (session.Id, request), cancellationToken);

    public void Cancel(ClientSession session, string request)
    {
        if (_open.TryGetValue((session.Id, request), out CancellationTokenSource? call))
        {
            try
            {
                call.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // it ended by itself in this moment
            }
        }
    }

    internal sealed class Open : IDisposable
    {
        private readonly OpenCalls _calls;
        private readonly (string, string)? _key;
        private readonly CancellationTokenSource _source;

        public Open(OpenCalls calls, (string, string)? key, CancellationToken cancellationToken)
        {
            _calls = calls;
            _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _key = key is { } wanted && calls._open.TryAdd(wanted, _source) ? key : null; // a repeated id cannot be told apart
        }

        public CancellationToken Token => _source.Token;

        public void Dispose()
        {
            if (_key is { } key)
            {
                _calls._open.TryRemove(key, out _);
            }

            _source.Dispose();
        }
    }
}
