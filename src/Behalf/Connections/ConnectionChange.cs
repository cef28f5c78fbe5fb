namespace Behalf.Connections;

/// <summary>What to change about a connection; null leaves a setting as it is.</summary>
public sealed record ConnectionChange
{
    public ConnectionName? Name { get; init; }

    public string? ClientId { get; init; }

    public Secret? ClientSecret { get; init; }

    /// <value>Asked for at the next consent; accounts keep what they were granted.</value>
    public ScopeSet? Scopes { get; init; }

    public Uri? BaseUrl { get; init; }

    public Uri? OAuthUrl { get; init; }

    /// <value>Empty: all tools again.</value>
    public IReadOnlyList<string>? AllowedTools { get; init; }

    public bool? Enabled { get; init; }

    public ProxyChange? Proxy { get; init; }

    /// <value>True: pins the newest revision of its connector, whatever differs.</value>
    public bool AcceptsNewest { get; init; }
}

/// <param name="Mode">Null: the default, by who calls.</param>
public sealed record ProxyChange(ProxyMode? Mode);

/// <summary>What a store made of a changed connection.</summary>
public enum ConnectionChanged
{
    Done = 1,

    /// <summary>The row has another version by now, or is gone.</summary>
    Outdated = 2,

    /// <summary>Another connection of the environment has this name.</summary>
    NameTaken = 3,

    /// <summary>Tokens of the old client or for the old origins are still held, on their way in or on their way out.</summary>
    HoldsTokens = 4,
}
