namespace Behalf.Client;

/// <summary>One request to a provider's API.</summary>
public sealed record ProxyRequest
{
    /// <value>The connection's name.</value>
    public required string Connection { get; init; }

    /// <value>Whose account.</value>
    public required string Identifier { get; init; }

    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <value>Below the connection's base URL, encoded, with its query; begins with a slash.</value>
    public required string Path { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <value>The caller's to dispose; read once.</value>
    public HttpContent? Content { get; init; }
}
