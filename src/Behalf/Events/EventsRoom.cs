namespace Behalf.Events;

/// <summary>The room's entry. Events are written by the stores, in the transaction of what they tell.</summary>
internal sealed class EventsRoom(IEventStore store) : IEvents
{
    public Task<Page<StoredEvent>> ListAsync(
        EventFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => store.ListAsync(filter, page, cancellationToken);
}
