namespace Behalf.Connectors.Schemas;

/// <summary>
/// Words that name an acting user, a credential, an account or a host. A property so named would let a model choose them:
/// a tool's schema has none, at any depth.
/// </summary>
internal static class IdentityWords
{
    private static readonly string[] Words =
    [
        "identifier",
        "account",
        "account_id",
        "connected_account",
        "connected_account_id",
        "connection",
        "connection_id",
        "connection_name",
        "environment",
        "environment_id",
        "organization_id",
        "user_id",
        "host",
        "base_url",
        "header",
        "headers",
        "authorization",
        "token",
        "access_token",
        "refresh_token",
        "api_key",
        "password",
        "secret",
        "client_id",
        "client_secret",
        "tenant",
        "act_as",
        "on_behalf_of",
    ];

    /// <summary>Letters' case does not matter.</summary>
    public static bool Contains(string name) => Words.Contains(name, StringComparer.OrdinalIgnoreCase);
}
