using Behalf.Identity;
using Microsoft.Extensions.Options;

namespace Behalf;

/// <summary>The URLs we give to people, applications and providers; built from settings, never from a request.</summary>
public sealed class PublicUrls(IOptions<BehalfOptions> options)
{
    /// <summary>The origin of an environment, without a trailing slash: its own, else the installation's.</summary>
    public string Origin(DeploymentEnvironment environment) =>
        (environment.PublicUrl ?? options.Value.PublicUrl).TrimEnd('/');

    /// <summary>Issuer and audience of an environment's access tokens.</summary>
    public string Issuer(DeploymentEnvironment environment) =>
        environment.PublicUrl is null ? $"{Origin(environment)}/env/{environment.Slug}" : Origin(environment);

    /// <summary>The page of an authorization link.</summary>
    public Uri Link(DeploymentEnvironment environment, string token) => new($"{Origin(environment)}/magicLink/{token}");

    /// <summary>A connection's own redirect URI (RFC 9700 §4.4: one per connection, so that codes cannot be mixed up).</summary>
    public Uri RedirectUri(DeploymentEnvironment environment, ConnectionId connection) =>
        new($"{Origin(environment)}/sso/v1/oauth/{connection}/callback");

    /// <summary>Where the operator's identity provider sends the browser back to.</summary>
    public Uri SignInCallback(DeploymentEnvironment environment) => new($"{Origin(environment)}/sign-in/callback");

    /// <summary>The authorization server for people, and issuer of their tokens. Changing it breaks every client.</summary>
    public string AuthorizationServer(DeploymentEnvironment environment) => $"{Origin(environment)}/oauth";

    /// <summary>The MCP endpoint of whoever signs in: the one resource of that server.</summary>
    public string PersonalServer(DeploymentEnvironment environment) => $"{Origin(environment)}/mcp";

    /// <summary>The document about a connection's OAuth client, and so the client's id, where the provider takes such ids.</summary>
    public Uri ClientMetadata(DeploymentEnvironment environment, ConnectionId connection) =>
        new($"{Origin(environment)}/connect/clients/{environment.Slug}/{connection}");

    /// <summary>Where a browser ends when the application named no place of its own.</summary>
    public Uri ConnectedPage(DeploymentEnvironment environment) => new($"{Origin(environment)}/connect/success");
}
