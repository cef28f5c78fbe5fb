using System.Collections.Concurrent;
using Behalf.Registration;

namespace Behalf.Tests.Registration;

/// <summary>Documented clients in memory, with a count of who looked.</summary>
internal sealed class MemoryClientStore : IOAuthClientStore
{
    private readonly ConcurrentDictionary<string, OAuthClient> _clients = new(StringComparer.Ordinal);
    private int _looks;

    public int Looks => Volatile.Read(ref _looks);

    public int Count => _clients.Count;

    public Task<OAuthClient?> FindAsync(EnvironmentId environment, string clientId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return Task.FromResult(_clients.GetValueOrDefault(clientId));
    }

    public Task<OAuthClient> KeepAsync(OAuthClient client, Traces traces, CancellationToken cancellationToken) =>
        Task.FromResult(_clients[client.ClientId] = client);

    public Task<bool> AddAsync(OAuthClient client, Traces traces, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<OAuthClient>> ListAsync(
        EnvironmentId environment,
        int limit,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException();

    public Task<int> CountUnusedAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task UsedAsync(EnvironmentId environment, OAuthClientId id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        string clientId,
        Traces traces,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException();

    public Task<int> RemoveStaleAsync(
        DateTimeOffset unusedSince,
        DateTimeOffset idleSince,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException();
}
