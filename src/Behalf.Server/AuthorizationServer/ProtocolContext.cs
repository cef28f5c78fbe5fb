using Behalf.Grants;
using Behalf.Identity;
using Behalf.People;
using Behalf.Registration;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// What the steps of one protocol request hand to each other: the engine's own messages hold what was sent, this holds what
/// we know of it. A feature of the request.
/// </summary>
internal sealed class ProtocolContext(DeploymentEnvironment environment)
{
    public DeploymentEnvironment Environment { get; } = environment;

    /// <value>Once the client was looked up.</value>
    public OAuthClient? Client { get; set; }

    /// <value>
    /// Where an error would go, for a client that nobody vouches for, while nobody is signed in: shown, not followed.
    /// </value>
    public ErrorAnswer? ErrorAnswer { get; set; }

    /// <value>Once the person agreed.</value>
    public Allowed? Allowed { get; set; }

    /// <value>The grant of the code or refresh token that was sent.</value>
    public Grant? Grant { get; set; }

    /// <value>Once code or refresh token were exchanged.</value>
    public GrantTokens? Tokens { get; set; }

    public static ProtocolContext Of(HttpContext http) =>
        http.Features.Get<ProtocolContext>()
        ?? throw new InvalidOperationException("This is no request of the authorization server's protocol.");
}

/// <summary>What a person agreed to in this request.</summary>
/// <param name="PushedRequest">Of the <c>request_uri</c>, where the request was pushed before.</param>
internal sealed record Allowed(BrowserUser User, ScopeSet Scopes, string Resource, Digest? PushedRequest);
