namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// Where the authorization server for people answers. <c>/oauth/token</c> is not here: it belongs to the API's client
/// credentials, and metadata says which endpoint is whose.
/// </summary>
internal static class ServerPaths
{
    public const string Root = "/oauth";
    public const string Authorize = "/oauth/authorize";
    public const string Token = "/oauth/access_token";
    public const string PushedRequests = "/oauth/par";
    public const string Revocation = "/oauth/revoke";
    public const string Registration = "/oauth/register";
    public const string KeySet = "/oauth/jwks";

    /// <summary>Requests that the protocol engine looks at; all others pass it by.</summary>
    public static bool IsProtocol(PathString path) => path.Value is Authorize or Token or PushedRequests or Revocation;
}
