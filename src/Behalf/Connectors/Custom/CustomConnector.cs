using Behalf.Identity;

namespace Behalf.Connectors.Custom;

/// <summary>A connector as an application describes it; its tools, if it is to have any, are custom tools.</summary>
public sealed record CustomConnector
{
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    /// <value>https; where the API is called.</value>
    public required string BaseUrl { get; init; }

    /// <value>Name, description and address are not among it.</value>
    public ConnectorListing Listing { get; init; } = ConnectorListing.None;

    public required AuthProfile Auth { get; init; }

    /// <value>With OAuth only.</value>
    public CustomOAuth? OAuth { get; init; }
}

/// <param name="AuthorizeUrl">https.</param>
/// <param name="TokenUrl">On the same origin.</param>
public sealed record CustomOAuth(string AuthorizeUrl, string TokenUrl, IReadOnlyList<string> Scopes, bool Pkce);

/// <summary>The connectors an environment defines itself. Only a service credential without limits may.</summary>
public interface ICustomConnectors
{
    Task<Result<ConnectorDefinition>> AddAsync(
        Principal principal,
        CustomConnector connector,
        CancellationToken cancellationToken
    );

    /// <summary>Replaces everything for connections added from now on; those there are keep the revision they pinned.</summary>
    Task<Result<ConnectorDefinition>> ChangeAsync(
        Principal principal,
        string slug,
        CustomConnector connector,
        CancellationToken cancellationToken
    );

    /// <summary>As the two above, with a whole definition: the environment's own connector of its slug is that from now on.</summary>
    /// <returns><c>invalid_definition</c> with file and line, or <c>name_taken</c> for the slug of a bundled connector.</returns>
    Task<Result<ConnectorDefinition>> PutAsync(
        Principal principal,
        string document,
        CancellationToken cancellationToken
    );

    /// <summary>Refused while a connection uses it.</summary>
    Task<Result<Done>> RemoveAsync(Principal principal, string slug, CancellationToken cancellationToken);

    /// <returns>Their slugs.</returns>
    Task<IReadOnlySet<string>> NamesAsync(EnvironmentId environment, CancellationToken cancellationToken);
}
