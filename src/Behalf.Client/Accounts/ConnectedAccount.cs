namespace Behalf.Client;

/// <summary>One user's account at one provider; never a token.</summary>
/// <param name="Connector">The connector's slug.</param>
/// <param name="Status"><c>ACTIVE</c>, <c>EXPIRED</c>, <c>PENDING_AUTH</c>, <c>PENDING_VERIFICATION</c> or <c>DISCONNECTED</c>.</param>
/// <param name="Scopes">As granted; empty in lists, which do not carry them.</param>
public sealed record ConnectedAccount(
    string Id,
    string Identifier,
    string ConnectionName,
    string ConnectionId,
    string Connector,
    string Status,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? TokenExpiresAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? UpdatedAt
)
{
    /// <value>
    /// Why it is in its state, such as <c>never_connected</c>, <c>refresh_refused</c> or an OAuth error code; null in lists,
    /// and when there is nothing to say.
    /// </value>
    public string? Reason { get; init; }

    public bool IsActive => Status == "ACTIVE";
}

/// <summary>Each given condition narrows.</summary>
public sealed record AccountQuery
{
    public string? Identifier { get; init; }

    public string? ConnectionName { get; init; }

    /// <value>A connector's slug.</value>
    public string? Connector { get; init; }
}

/// <param name="Link">Single use; to be shown to this user only.</param>
public sealed record AuthorizationLink(Uri Link, DateTimeOffset ExpiresAt);
