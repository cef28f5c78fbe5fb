using Behalf.Identity;

namespace Behalf.Proxy;

/// <summary>
/// The provider's whole API as one user: any path and method, bodies streamed both ways, under the same identity, policy
/// and audit as a tool. The only entry of the room; safe to call concurrently.
/// </summary>
public interface IProxy
{
    /// <summary>
    /// Sends one request to the connection's provider. Nothing is sent before the intent is committed; a write, once begun,
    /// is not cut short by a caller that leaves.
    /// </summary>
    /// <returns>
    /// The provider's answer, whatever its status (but never 401: then the user must reconnect), with a body that still
    /// comes; or why there is none.
    /// </returns>
    Task<Result<ProxyAnswer>> SendAsync(
        ActingSubject subject,
        ProxyRequest request,
        CancellationToken cancellationToken
    );
}

public sealed record ProxyRequest
{
    public required ConnectionName Connection { get; init; }

    public required HttpMethod Method { get; init; }

    /// <value>Below the connection's base URL, encoded as it was received; begins with a slash. Whatever leaves the base is refused.</value>
    public required string Path { get; init; }

    /// <value>Encoded as it was received, without the question mark; empty: none.</value>
    public string Query { get; init; } = "";

    /// <value>As received, one entry per value; those that are not the caller's to set are dropped.</value>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <value>Null: none.</value>
    public ProxyContent? Content { get; init; }

    public string? AgentRun { get; init; }

    public required string ActingThrough { get; init; }
}

/// <param name="Body">Read once, forward; the caller's to dispose.</param>
/// <param name="Length">In bytes, when it is known beforehand.</param>
public sealed record ProxyContent(Stream Body, long? Length);
