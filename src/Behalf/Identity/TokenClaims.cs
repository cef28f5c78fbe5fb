namespace Behalf.Identity;

/// <summary>Names in our access tokens (RFC 7519, RFC 9068), spelled once.</summary>
internal static class TokenClaims
{
    /// <value>RFC 9068 §2.1: an access token is never mistaken for another kind of JWT.</value>
    public const string Type = "at+jwt";

    public const string ClientId = "client_id";

    /// <value>What kind of credential it is; also tells our tokens from those of any other issuer on this origin.</value>
    public const string Kind = "behalf_kind";

    public const string Environment = "behalf_env";
    public const string ClientEpoch = "behalf_client_epoch";
    public const string Session = "behalf_session";
    public const string Grant = "behalf_grant";
    public const string Scope = "scope";
    public const string Incarnation = "behalf_incarnation";
    public const string UserEpoch = "behalf_user_epoch";

    /// <value>Of tokens for one virtual MCP server.</value>
    public const string ServerType = "mcp-session+jwt";

    public const string ServerConfig = "mcp_cfg";
    public const string ServerConnection = "mcp_conn";
    public const string Accounts = "ca_ids";
    public const string AccessLevel = "access_level";
    public const string FullAccess = "FULL";
    public const string ReadOnlyAccess = "READ_ONLY";

    public const string ServerKind = "mcp_session";
    public const string ServiceKind = "service";
    public const string SessionKind = "session";
    public const string OperatorKind = "operator";
    public const string GrantKind = "person";
}

/// <summary>What an access token says, once its signature, type, issuer, audience and times hold.</summary>
internal sealed record TokenContent
{
    public required PrincipalKind Kind { get; init; }

    /// <value>Null for an operator.</value>
    public required EnvironmentId? Environment { get; init; }

    public required string ClientId { get; init; }

    public required long ClientEpoch { get; init; }

    public UserSessionId? Session { get; init; }

    public string? Identifier { get; init; }

    public UserEpoch? UserEpoch { get; init; }
}
