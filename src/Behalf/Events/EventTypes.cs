namespace Behalf.Events;

/// <summary>Event names as the SDKs' webhooks spell them.</summary>
public static class EventTypes
{
    public const string AccountCreated = "connected_account.created";
    public const string AccountUpdated = "connected_account.updated";
    public const string AccountStatusUpdated = "connected_account.status_updated";
    public const string AccountDeleted = "connected_account.deleted";
    public const string LinkGenerated = "connected_account.magic_link_generated";
    public const string OAuthTokensFetched = "connected_account.oauth_tokens_fetched";
    public const string OAuthSucceeded = "connected_account.oauth_succeeded";
    public const string TokenRefreshSucceeded = "connected_account.token_refresh_succeeded";
    public const string TokenRefreshFailed = "connected_account.token_refresh_failed";
}
