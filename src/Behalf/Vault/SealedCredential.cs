namespace Behalf.Vault;

/// <summary>The current generation of an account's credential as stored: ciphertext and public facts.</summary>
public sealed record SealedCredential
{
    public required AccountKey Key { get; init; }

    public required ConnectionId Connection { get; init; }

    /// <value>From 1; grows with every exchange and refresh.</value>
    public required long Generation { get; init; }

    public required byte[] AccessSealed { get; init; }

    public byte[]? RefreshSealed { get; init; }

    /// <value>JSON of further values the provider gave (for example a workspace id); sealed like the tokens.</value>
    public byte[]? ExtraSealed { get; init; }

    /// <value>Null when the provider said nothing and the profile assumes nothing: then only a 401 tells.</value>
    public DateTimeOffset? AccessExpiresAt { get; init; }

    public DateTimeOffset? RefreshExpiresAt { get; init; }

    public required ScopeSet GrantedScopes { get; init; }
}

/// <summary>The names of sealed fields, spelled once: they are part of the associated data.</summary>
public static class SealedFields
{
    public const string AccessToken = "access_token";
    public const string RefreshToken = "refresh_token";
    public const string Extra = "extra";
    public const string ClientSecret = "client_secret";
    public const string CodeVerifier = "code_verifier";
    public const string AuthorizationCode = "authorization_code";
    public const string RevocationToken = "revocation_token";
    public const string SpooledPair = "spooled_pair";
}
