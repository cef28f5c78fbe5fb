using Behalf.Identity;

namespace Behalf.Registration;

/// <summary>
/// The MCP clients that may ask people for access: added by the operator, registered by themselves, or known by the URL of
/// a document. The only entry of the room; safe to call concurrently.
/// </summary>
public interface IClientRegistry
{
    /// <summary>For a request that asks a person: a document is fetched again once it is no longer fresh.</summary>
    /// <param name="source">Such as the peer's address: fetches are limited per source.</param>
    Task<Result<OAuthClient>> ResolveAsync(
        EnvironmentId environment,
        string clientId,
        string source,
        CancellationToken cancellationToken
    );

    /// <summary>As it is stored: for requests of a client that was asked about before.</summary>
    Task<OAuthClient?> FindAsync(EnvironmentId environment, string clientId, CancellationToken cancellationToken);

    /// <summary>Whether the settings let clients of this id in now. Those that are no document's are let in by being known.</summary>
    bool IsTrusted(string clientId);

    /// <summary>A client registers itself (RFC 7591). Limited per source and in all; removed when it is never used.</summary>
    Task<Result<OAuthClient>> RegisterAsync(
        EnvironmentId environment,
        ReadOnlyMemory<byte> metadata,
        string source,
        CancellationToken cancellationToken
    );

    Task<Result<NewOAuthClient>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        string name,
        IReadOnlyList<string> redirectUris,
        bool withSecret,
        CancellationToken cancellationToken
    );

    Task<Result<IReadOnlyList<OAuthClient>>> ListAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    );

    /// <summary>Its grants and consents end with it. One that registers or describes itself may come again.</summary>
    Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    );

    /// <summary>A grant was made for it: it is in use.</summary>
    Task UsedAsync(OAuthClient client, CancellationToken cancellationToken);

    /// <summary>Removes registrations that nobody uses.</summary>
    Task CleanAsync(CancellationToken cancellationToken);
}

/// <param name="Secret">Shown once; null for a public client.</param>
public sealed record NewOAuthClient(OAuthClient Client, Secret? Secret);
