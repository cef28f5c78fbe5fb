namespace Behalf.Events;

public interface IEventStore
{
    /// <summary>In the order in which they happened.</summary>
    Task<Page<StoredEvent>> ListAsync(EventFilter filter, PageRequest page, CancellationToken cancellationToken);
}

/// <summary>Conditions of different fields narrow together; types widen.</summary>
public sealed record EventFilter(EnvironmentId Environment)
{
    /// <value>Of <see cref="EventTypes"/>; empty: all.</value>
    public IReadOnlyList<string> Types { get; init; } = [];

    public DateTimeOffset? From { get; init; }

    /// <value>Exclusive.</value>
    public DateTimeOffset? To { get; init; }

    public ConnectionId? Connection { get; init; }

    public AccountId? Account { get; init; }

    /// <value>Of the account's user.</value>
    public string? Identifier { get; init; }

    public string? OrganizationId { get; init; }
}
