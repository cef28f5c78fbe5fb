namespace Behalf.Events;

/// <summary>What happened to connected accounts. The only entry of the room; safe to call concurrently.</summary>
public interface IEvents
{
    /// <summary>In the order in which they happened.</summary>
    Task<Page<StoredEvent>> ListAsync(EventFilter filter, PageRequest page, CancellationToken cancellationToken);
}
