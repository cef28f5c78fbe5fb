using Behalf.Client;

namespace Behalf.Cli.Commands.Account;

/// <summary>Why an account is not active, in words, and the one next step.</summary>
internal static class AccountAdvice
{
    /// <summary>Null for an account that works.</summary>
    public static string? For(ConnectedAccount account)
    {
        if (account.IsActive)
        {
            return null;
        }
        var user = account.Identifier;
        var connection = account.ConnectionName;
        if (account.Status == "PENDING_VERIFICATION")
        {
            return $"{user} has not finished connecting \"{connection}\": the provider was asked and consented, but your application has not verified who came back. Verify from the page {user} is sent to (docs/connect.md#verification), or with `behalf account verify --identifier {user} --code CODE` and the code that {user} was shown.";
        }
        var link =
            $"Make a link and send it to {user}: behalf account link --identifier {user} --connection {connection}";
        return $"{Why(account)} {link}";
    }

    /// <summary>A whole sentence for each reason the server gives; an unknown one is quoted.</summary>
    public static string Why(ConnectedAccount account)
    {
        var user = account.Identifier;
        var connection = account.ConnectionName;
        return account.Reason switch
        {
            null or "never_connected" => $"{user} has never connected \"{connection}\".",
            "awaiting_verification" => $"{user} consented, but has not been verified yet.",
            "never_verified" => $"{user} consented, but nobody verified in time, so nothing was kept.",
            "verification_mismatch" =>
                $"Somebody other than {user} finished the link, so nothing was connected. The audit trail names both.",
            "browser_mismatch" => $"The link of {user} was finished in another browser than it was begun in.",
            "code_expired" => "Verification came after the provider's code had ended.",
            "cancelled" => $"{user} pressed Cancel.",
            "withdrawn" => $"The last link of {user} was taken back before anybody had finished it.",
            "access_denied" => $"The provider did not get {user}'s consent.",
            "refresh_refused" =>
                $"The provider refused to renew the grant: {user} removed the app there, or that account was deactivated.",
            "no_refresh_token" => "The access token ended and the provider gave no token to renew it with.",
            "rotation_lost" => "The provider's answer to a renewal was lost, and the old token no longer works.",
            "refresh_outcome_unknown" => "It is not known whether the provider carried out the last renewal.",
            "scopes_missing" => $"The grant of {user} lacks scopes the connection needs.",
            "provider_user_changed" =>
                $"{user} came back with another account of the provider than the one connected before.",
            "credential_unreadable" => "The stored credential cannot be opened with the keys of this server.",
            "revoked" or "disconnected" => $"The account of {user} at \"{connection}\" was stopped here.",
            { } other => $"The attempt to connect {user} ended with \"{other}\".",
        };
    }
}
