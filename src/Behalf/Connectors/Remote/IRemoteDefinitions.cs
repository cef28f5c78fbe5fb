namespace Behalf.Connectors.Remote;

/// <summary>Writes definitions of remote servers: the head as discovery found it, the tools as the server lists them.</summary>
public interface IRemoteDefinitions
{
    /// <returns>A document that the catalog accepts, and why listed tools are not in it.</returns>
    RemoteDefinition Write(RemoteHead head, IReadOnlyList<RemoteTool> tools);

    /// <summary>The same connector with other tools.</summary>
    /// <param name="document">As <see cref="Write"/> gave it.</param>
    RemoteDefinition WithTools(string document, IReadOnlyList<RemoteTool> tools);
}

/// <param name="LeftOut">Name and reason of each tool that the format cannot have.</param>
public sealed record RemoteDefinition(string Document, IReadOnlyList<(string Tool, string Reason)> LeftOut);

/// <summary>What discovery found out about a server.</summary>
public sealed record RemoteHead
{
    public required string Slug { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <value>Without query and fragment.</value>
    public required Uri Server { get; init; }

    /// <value>Null: it asks for no credential.</value>
    public RemoteAuthorization? Authorization { get; init; }
}

/// <summary>The authorization server of a remote server (RFC 8414), as far as a connection needs it.</summary>
public sealed record RemoteAuthorization
{
    /// <value>The resource that tokens are asked for (RFC 8707).</value>
    public required string Resource { get; init; }

    public required string Issuer { get; init; }

    public required Uri AuthorizationEndpoint { get; init; }

    public required Uri TokenEndpoint { get; init; }

    public Uri? RegistrationEndpoint { get; init; }

    public Uri? RevocationEndpoint { get; init; }

    /// <value>Whether it names itself in its authorization responses (RFC 9207).</value>
    public bool NamesItself { get; init; }

    /// <value>Whether a client may be the address of a document about itself.</value>
    public bool TakesClientMetadata { get; init; }

    /// <value><c>secret_basic</c>, <c>secret_post</c> or <c>none</c>.</value>
    public required string ClientAuthentication { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }
}
