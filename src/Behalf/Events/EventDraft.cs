namespace Behalf.Events;

/// <summary>Something that happened to a connected account, for the application to list (and, later, to be called about).</summary>
/// <param name="Environment">Where it happened.</param>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Account">The account it happened to.</param>
/// <param name="Data">Public facts only: id, identifier, connection, status, old status, reason. Never a token.</param>
public sealed record EventDraft(
    EnvironmentId Environment,
    string Type,
    AccountId Account,
    IReadOnlyDictionary<string, string> Data
);

/// <param name="Connection">The account's; null when the account was never there.</param>
/// <param name="Connector">The connection's connector, by its slug.</param>
/// <param name="OrganizationId">The application's label of the account.</param>
public sealed record StoredEvent(
    EventId Id,
    EventDraft Event,
    DateTimeOffset OccurredAt,
    ConnectionId? Connection,
    string? Connector,
    string? OrganizationId
);
