namespace Behalf.Client;

/// <summary>A credential bound to one identifier, of at most fifteen minutes.</summary>
/// <param name="Token">A bearer token for RPC, REST and proxy.</param>
/// <param name="ClientId">With <paramref name="ClientSecret"/> the same as a client-credentials pair, for other SDKs.</param>
public sealed record UserSession(
    string Id,
    string Identifier,
    SecretText Token,
    string ClientId,
    SecretText ClientSecret,
    DateTimeOffset ExpiresAt
);

/// <summary>What a session is limited to; an empty list is no limit beyond the minting client's own.</summary>
public sealed record SessionLimits
{
    public IReadOnlyList<string> Connections { get; init; } = [];

    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <value>One second to fifteen minutes; fifteen minutes when null.</value>
    public TimeSpan? Lifetime { get; init; }
}
