using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>
/// Which server a request is sent to: one of a config, of a config given to one user, of a connection, or of whoever signed
/// in.
/// </summary>
public abstract record McpAddress
{
    private McpAddress(string path) => Path = path;

    /// <value>As it was asked for; a server answers on exactly one.</value>
    public string Path { get; }

    public sealed record OfConfig(Guid Server, string Path) : McpAddress(Path);

    public sealed record OfInstance(Guid Server, string Path) : McpAddress(Path);

    public sealed record OfConnection(ConnectionName Name, string Path) : McpAddress(Path);

    /// <param name="Environment">Whose public URL was asked: each has one such server.</param>
    public sealed record OfPerson(EnvironmentId Environment, string Path) : McpAddress(Path);
}

/// <summary>A caller at a server, let in for one request.</summary>
/// <param name="Subject">Already limited to what the server offers and the token allows.</param>
/// <param name="Mappings">What the server offers now.</param>
/// <param name="Server">The id of the config, instance or connection; <c>mcp</c> for the one of whoever signed in.</param>
public sealed record McpVisit(ActingSubject Subject, IReadOnlyList<McpMapping> Mappings, string Server)
{
    public bool IsReadOnly => Subject.Principal.Limits.ReadOnly;
}
