using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Connectors.Remote;
using Behalf.Identity;

namespace Behalf.Remote;

/// <summary>Discovery, then a definition like any other.</summary>
internal sealed class RemoteServers(
    Discovery discovery,
    IRemoteDefinitions definitions,
    ICustomConnectors connectors,
    ProviderUrls urls
) : IRemoteServers
{
    private const int SlugLength = 20;

    public async Task<Result<ConnectorDefinition>> AddAsync(
        Principal principal,
        NewRemoteServer wanted,
        CancellationToken cancellationToken
    )
    {
        if (principal.Kind != PrincipalKind.ServiceClient || principal.Limits != CredentialLimits.None)
        {
            return Problem.Forbidden(
                "not_allowed",
                "Connectors are defined by a service credential that is not limited to connections or tools."
            );
        }

        if (!urls.TryAccept(wanted.Url, out string? refused))
        {
            return Problem.Invalid("url", "url", refused);
        }

        Result<Discovered> found = await discovery.RunAsync(wanted.Url, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        RemoteHead head = new()
        {
            Slug = wanted.Slug ?? SlugOf(wanted.Url),
            Name = wanted.Name ?? wanted.Url.Host,
            Description = $"Tools of the MCP server at {wanted.Url.Host}.",
            Server = wanted.Url,
            Authorization = found.Value.Authorization,
        };
        return await connectors.PutAsync(principal, definitions.Write(head, []).Document, cancellationToken);
    }

    /// <summary><c>mcp.tracker.example</c> → <c>tracker</c>: the longest label before the last.</summary>
    private static string SlugOf(Uri url)
    {
        string[] labels = url.Host.Split('.');
        string longest =
            labels.SkipLast(1).Where(label => label is not ("mcp" or "api" or "www")).MaxBy(label => label.Length)
            ?? labels[0];
        string letters = new([.. longest.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).Take(SlugLength)]);
        return letters.Length > 0 ? letters : "remote";
    }
}
