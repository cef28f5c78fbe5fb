using Behalf.Connectors;
using Behalf.Identity;

namespace Behalf.Remote;

/// <summary>Remote MCP servers as connectors of an environment. Only a service credential without limits adds one.</summary>
public interface IRemoteServers
{
    /// <summary>
    /// Finds out how the server is called and who authorizes for it (RFC 9728, RFC 8414), and makes it the environment's own
    /// connector. Its tools follow with the first account: until then nobody may list them.
    /// </summary>
    /// <returns>
    /// The connector; or <c>server_unreachable</c>, <c>discovery_failed</c> with what is missing, and what
    /// <c>ICustomConnectors.PutAsync</c> refuses.
    /// </returns>
    Task<Result<ConnectorDefinition>> AddAsync(
        Principal principal,
        NewRemoteServer wanted,
        CancellationToken cancellationToken
    );
}

/// <param name="Url">Of the MCP endpoint, without query and fragment.</param>
/// <param name="Slug">Null: made of the host's name.</param>
/// <param name="Name">For people; null: the host's name.</param>
public sealed record NewRemoteServer(Uri Url, string? Slug, string? Name);
