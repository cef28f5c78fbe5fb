using System.Text.Json.Serialization;

namespace Behalf.Client;

/// <summary>A connector configured with an OAuth client of its own; never the client secret.</summary>
/// <param name="Connector">The connector's slug.</param>
/// <param name="ConnectorName">The provider's name, for people.</param>
/// <param name="RedirectUri">To register at the provider, exactly.</param>
/// <param name="Proxy"><c>default</c>, <c>off</c>, <c>read</c> or <c>full</c>.</param>
public sealed record ConnectionDetails(
    string Id,
    string Name,
    string Connector,
    string ConnectorName,
    string ConnectorRevision,
    string ToolPrefix,
    string BaseUrl,
    [property: JsonPropertyName("oauth_url")] string OAuthUrl,
    string ClientId,
    IReadOnlyList<string> Scopes,
    string RedirectUri,
    IReadOnlyList<string> AllowedTools,
    bool IsEnabled,
    DateTimeOffset? CreatedAt,
    string Proxy
)
{
    /// <value>The connector's newest revision, where it is not the pinned one; else empty. Told of one connection, not in lists.</value>
    public string NewestRevision { get; init; } = string.Empty;

    /// <value>What differs there, such as <c>changed search</c> or <c>added export</c>.</value>
    public IReadOnlyList<string> Waiting { get; init; } = [];
}

/// <summary>What to change about a connection; what is left out stays.</summary>
public sealed record ConnectionChange
{
    public string? Name { get; init; }

    public string? ClientId { get; init; }

    /// <value>Sealed by the server at once, never returned.</value>
    public SecretText? ClientSecret { get; init; }

    /// <value>Asked for at the next consent; accounts keep what they were granted. None: as they are.</value>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <value>Refused while the connection holds tokens.</value>
    public string? BaseUrl { get; init; }

    /// <value>Refused while the connection holds tokens.</value>
    public string? OAuthUrl { get; init; }

    /// <value>Null: as they are. Empty: every tool the grant allows.</value>
    public IReadOnlyList<string>? AllowedTools { get; init; }

    /// <value>Disabled, a connection starts no call and makes no link.</value>
    public bool? IsEnabled { get; init; }

    /// <value>What the proxy passes: <c>default</c>, <c>off</c>, <c>read</c> or <c>full</c>.</value>
    public string? Proxy { get; init; }

    /// <value>True: pins the connector's newest revision, whatever differs.</value>
    public bool AcceptsNewest { get; init; }
}

/// <summary>What is left out comes from the connector.</summary>
public sealed record NewConnection
{
    /// <value>A connector's slug.</value>
    public required string Connector { get; init; }

    /// <value>Null: the connector's slug.</value>
    public string? Name { get; init; }

    public string? ClientId { get; init; }

    /// <value>Sealed by the server at once, never returned.</value>
    public SecretText? ClientSecret { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <value>The origin of the provider's API.</value>
    public string? BaseUrl { get; init; }

    /// <value>The origin of the provider's authorization server.</value>
    public string? OAuthUrl { get; init; }

    public string? ToolPrefix { get; init; }

    /// <value>Names or patterns ending in <c>*</c>; none: every tool the grant allows.</value>
    public IReadOnlyList<string> AllowedTools { get; init; } = [];

    /// <value>What the proxy passes: <c>off</c>, <c>read</c> or <c>full</c>. Null: full for service credentials, off for user sessions and beside allowed tools.</value>
    public string? Proxy { get; init; }
}
