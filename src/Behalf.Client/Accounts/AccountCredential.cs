namespace Behalf.Client;

/// <summary>A credential that came about elsewhere. The application vouches for whose it is; the server seals it at once.</summary>
public abstract record AccountCredential
{
    private AccountCredential() { }

    /// <summary>Tokens that the user granted elsewhere, for a connection with an OAuth client.</summary>
    /// <param name="RefreshToken">Null: the access token is used until the provider refuses it.</param>
    public sealed record Tokens(SecretText AccessToken, SecretText? RefreshToken = null) : AccountCredential
    {
        /// <value>As granted; none: the provider is asked.</value>
        public IReadOnlyList<string> Scopes { get; init; } = [];
    }

    /// <summary>
    /// What the user would type in, by the names of the connector's fields: <c>api_key</c>, <c>token</c>, or <c>username</c>
    /// and <c>password</c>, unless the connector says otherwise. Empty for a connector that asks for nothing.
    /// </summary>
    public sealed record Fields(IReadOnlyDictionary<string, SecretText> Values) : AccountCredential;
}

/// <summary>What an account is made with, or what to change about it; what is left out stays.</summary>
public sealed record AccountSettings
{
    /// <value>Null: none; a new account waits for its user, another keeps the credential it has.</value>
    public AccountCredential? Credential { get; init; }

    /// <value>Free-form JSON of the application's own, replaced as a whole.</value>
    public System.Text.Json.Nodes.JsonObject? ApiConfig { get; init; }

    /// <value>A label, stored when the account is made.</value>
    public string? OrganizationId { get; init; }

    /// <value>A label, stored when the account is made.</value>
    public string? UserId { get; init; }

    /// <value>True: the credential may be another provider user's than the one the account is pinned to.</value>
    public bool AllowOtherProviderUser { get; init; }
}
