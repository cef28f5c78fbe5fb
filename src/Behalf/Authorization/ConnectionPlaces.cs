using System.Collections.Concurrent;

namespace Behalf.Authorization;

/// <summary>
/// How much work of one connection may be under way in the background: a provider that is slow takes its own places and
/// nobody else's. Safe to call concurrently.
/// </summary>
internal sealed class ConnectionPlaces(int most)
{
    private readonly ConcurrentDictionary<ConnectionId, int> _taken = new();

    /// <value>Connections that have no place left.</value>
    public IReadOnlyCollection<ConnectionId> Full => [.. _taken.Where(one => one.Value >= most).Select(one => one.Key)];

    /// <returns>False: there is none left. What was taken is given back by <see cref="Leave"/>.</returns>
    public bool TryEnter(ConnectionId connection)
    {
        if (_taken.AddOrUpdate(connection, 1, (_, places) => places + 1) <= most)
        {
            return true;
        }

        Leave(connection);
        return false;
    }

    public void Leave(ConnectionId connection)
    {
        if (_taken.AddOrUpdate(connection, 0, (_, places) => places - 1) == 0)
        {
            _taken.TryRemove(KeyValuePair.Create(connection, 0));
        }
    }
}
