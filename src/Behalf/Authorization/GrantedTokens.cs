using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Vault;
using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>Turns a token answer into the generation that follows the account's current one.</summary>
internal sealed partial class GrantedTokens(IVault vault, RefreshSchedule schedule, ILogger<GrantedTokens> logger)
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
        DateTimeOffset? refreshExpiresAt =
            tokens.RefreshLifetime is { } lifetime && lifetime > TimeSpan.Zero ? asked + lifetime
            : tokens.RefreshToken is null ? before?.RefreshExpiresAt
            : null;
        RefreshTimes times = schedule.After(
            asked,
            tokens.AccessLifetime ?? profile.DefaultAccessLifetime,
            tokens.RefreshToken is not null || keptRefreshToken is not null,
            RefreshSchedule.Earlier(refreshExpiresAt, asked + profile.RefreshIdleLifetime)
        );
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
            Sealed = Keep(next, tokens, before),
            ScopeSource = tokens.Scopes is null ? "unchanged" : "token_response",
            RefreshDueAt = times.DueAt,
            RefreshNotBefore = times.NotBefore,
        };
    }

    /// <summary>Tokens in hand are worth more than facts that do not open.</summary>
    private SealedCredential Keep(SealedCredential next, TokenSet tokens, SealedCredential? before)
    {
        try
        {
            return vault.WithKept(next, tokens.Kept, before);
        }
        catch (SealBrokenException broken)
        {
            Log.FactsUnreadable(logger, next.Key.Account, broken);
            return vault.WithKept(next, tokens.Kept, null);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            2213,
            LogLevel.Critical,
            "What is kept beside the tokens of {Account} does not open where it stands"
        )]
        public static partial void FactsUnreadable(ILogger logger, AccountId account, Exception exception);
    }
}
