namespace Behalf.Registration;

public enum OAuthClientKind
{
    /// <summary>Added by the operator.</summary>
    Static = 1,

    /// <summary>Registered itself (RFC 7591): nothing about it is verified.</summary>
    Dynamic = 2,

    /// <summary>Described by the document that its <c>client_id</c> is the URL of: that host is verified, no more.</summary>
    Document = 3,
}

/// <summary>An MCP client as the authorization server knows it.</summary>
public sealed record OAuthClient
{
    public required EnvironmentId Environment { get; init; }

    public required OAuthClientId Id { get; init; }

    /// <value>At most 2,048 characters; an https URL exactly if it is a document's.</value>
    public required string ClientId { get; init; }

    public required OAuthClientKind Kind { get; init; }

    /// <value>As it calls itself.</value>
    public required string Name { get; init; }

    public required IReadOnlyList<string> RedirectUris { get; init; }

    /// <value>Of what it says of itself: a consent is for that and nothing else.</value>
    public required Digest Metadata { get; init; }

    /// <value>Of a static client with a secret; null: a public client.</value>
    public Digest? Secret { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    /// <value>Until when a document need not be fetched again.</value>
    public DateTimeOffset? FreshUntil { get; init; }

    /// <value>The host that is known to speak for it; null where nobody does.</value>
    public string? VerifiedHost => Kind == OAuthClientKind.Document ? new Uri(ClientId).Host : null;
}

/// <summary>Clients by environment and <c>client_id</c>.</summary>
public interface IOAuthClientStore
{
    Task<OAuthClient?> FindAsync(EnvironmentId environment, string clientId, CancellationToken cancellationToken);

    /// <returns>False when the <c>client_id</c> is taken.</returns>
    Task<bool> AddAsync(OAuthClient client, Traces traces, CancellationToken cancellationToken);

    /// <summary>Writes what a document says now; adds the client when it is new. The id of the first writer stays.</summary>
    Task<OAuthClient> KeepAsync(OAuthClient client, Traces traces, CancellationToken cancellationToken);

    /// <summary>In the order of their ids.</summary>
    Task<IReadOnlyList<OAuthClient>> ListAsync(
        EnvironmentId environment,
        int limit,
        CancellationToken cancellationToken
    );

    /// <value>Dynamic clients that were never used.</value>
    Task<int> CountUnusedAsync(EnvironmentId environment, CancellationToken cancellationToken);

    Task UsedAsync(EnvironmentId environment, OAuthClientId id, CancellationToken cancellationToken);

    /// <summary>With its consents; its grants end.</summary>
    Task<bool> RemoveAsync(
        EnvironmentId environment,
        string clientId,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Dynamic clients that were not used in time, unless a grant of theirs lives.</summary>
    Task<int> RemoveStaleAsync(
        DateTimeOffset unusedSince,
        DateTimeOffset idleSince,
        CancellationToken cancellationToken
    );
}
