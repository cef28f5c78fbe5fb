namespace Behalf.Events;

/// <summary>Something that happened to a connected account, for the application to list (and, later, to be called about).</summary>
/// <param name="Environment">Where it happened.</param>
/// <param name="Type">Such as <c>connected_account.status_updated</c>.</param>
/// <param name="Account">The account it happened to.</param>
/// <param name="Data">Public facts only: id, identifier, connection, status, reason. Never a token.</param>
public sealed record EventDraft(
    EnvironmentId Environment,
    string Type,
    AccountId Account,
    IReadOnlyDictionary<string, string> Data
);

public sealed record StoredEvent(EventId Id, EventDraft Event, DateTimeOffset OccurredAt);

public interface IEventStore
{
    Task<Page<StoredEvent>> ListAsync(EnvironmentId environment, PageRequest page, CancellationToken cancellationToken);
}

/// <summary>Event names as the SDKs' webhooks spell them.</summary>
public static class EventTypes
{
    public const string AccountCreated = "connected_account.created";
    public const string AccountUpdated = "connected_account.updated";
    public const string AccountStatusUpdated = "connected_account.status_updated";
    public const string AccountDeleted = "connected_account.deleted";
    public const string LinkGenerated = "connected_account.magic_link_generated";
    public const string TokensFetched = "connected_account.oauth_tokens_fetched";
    public const string OAuthSucceeded = "connected_account.oauth_succeeded";
    public const string TokenRefreshSucceeded = "connected_account.token_refresh_succeeded";
    public const string TokenRefreshFailed = "connected_account.token_refresh_failed";
}
