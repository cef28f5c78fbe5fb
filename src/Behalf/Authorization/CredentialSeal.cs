using Behalf.Connections;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>Where an account's tokens lie: each bound to account, connection, field and generation.</summary>
internal static class CredentialSeal
{
    public static Secret OpenAccess(this IVault vault, SealedCredential credential) =>
        vault.Open(credential.Key, Place(credential, SealedFields.AccessToken), credential.AccessSealed);

    public static Secret? OpenRefresh(this IVault vault, SealedCredential credential) =>
        credential.RefreshSealed is { } value
            ? vault.Open(credential.Key, Place(credential, SealedFields.RefreshToken), value)
            : null;

    /// <summary>Seals a token answer as one generation. A refresh answer without a refresh token keeps the old one (RFC 6749 §6).</summary>
    public static SealedCredential Seal(
        this IVault vault,
        AccountKey key,
        Connection connection,
        long generation,
        TokenSet tokens,
        Secret? keptRefreshToken,
        ScopeSet granted,
        DateTimeOffset? accessExpiresAt,
        DateTimeOffset? refreshExpiresAt
    )
    {
        SealPlace Of(string field) => new(key.Environment, connection.Id, key.Account.Value, field, generation);
        Secret? refresh = tokens.RefreshToken ?? keptRefreshToken;
        return new SealedCredential
        {
            Key = key,
            Connection = connection.Id,
            Generation = generation,
            AccessSealed = vault.Seal(key, Of(SealedFields.AccessToken), tokens.AccessToken),
            RefreshSealed = refresh is null ? null : vault.Seal(key, Of(SealedFields.RefreshToken), refresh),
            AccessExpiresAt = accessExpiresAt,
            RefreshExpiresAt = refreshExpiresAt,
            GrantedScopes = granted,
        };
    }

    private static SealPlace Place(SealedCredential credential, string field) =>
        new(
            credential.Key.Environment,
            credential.Connection,
            credential.Key.Account.Value,
            field,
            credential.Generation
        );
}
