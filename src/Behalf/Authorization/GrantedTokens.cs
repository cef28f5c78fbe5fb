using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>Turns a token answer into the generation that follows the account's current one.</summary>
internal sealed class GrantedTokens(IVault vault, RefreshSchedule schedule)
{
    /// <param name="key">The account's data key; null: it has none yet.</param>
    /// <param name="asked">When the request was sent: lifetimes count from then, so that we never think them longer than they are.</param>
    public NewCredential Make(
        ConnectedAccount account,
        AccountKey? key,
        Connection connection,
        OAuthProfile profile,
        TokenSet tokens,
        DateTimeOffset asked,
        SealedCredential? before = null,
        Secret? keptRefreshToken = null
    )
    {
        RefreshTimes times = schedule.After(
            asked,
            tokens.AccessLifetime ?? profile.DefaultAccessLifetime,
            tokens.RefreshToken is not null || keptRefreshToken is not null
        );
        DateTimeOffset? refreshExpiresAt =
            tokens.RefreshLifetime is { } lifetime ? asked + lifetime
            : tokens.RefreshToken is null ? before?.RefreshExpiresAt
            : null;
        SealedCredential next = vault.Seal(
            key ?? vault.CreateAccountKey(account.Environment, account.Id),
            connection,
            account.Generation + 1,
            tokens,
            keptRefreshToken,
            tokens.Scopes ?? before?.GrantedScopes ?? ScopeSet.Empty,
            times.AccessExpiresAt,
            refreshExpiresAt
        );
        return new NewCredential
        {
            Account = account.Id,
            Follows = account.Generation,
            Sealed = vault.WithKept(next, tokens.Kept, before),
            ScopeSource = tokens.Scopes is null ? "unchanged" : "token_response",
            RefreshDueAt = times.DueAt,
            RefreshNotBefore = times.NotBefore,
        };
    }
}
