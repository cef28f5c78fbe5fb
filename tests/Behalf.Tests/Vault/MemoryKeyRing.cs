using Behalf.Vault;

namespace Behalf.Tests.Vault;

internal sealed class MemoryKeyRing : IKeyRingStore
{
    private readonly Lock _gate = new();

    public List<RingKey> Keys { get; } = [];

    public int Writes { get; private set; }

    public Task<IReadOnlyList<RingKey>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<RingKey>>([.. Keys]);
        }
    }

    public Task AddFirstAsync(IReadOnlyList<RingKey> keys, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Writes++;
            if (Keys.Count == 0)
            {
                Keys.AddRange(keys);
            }
        }

        return Task.CompletedTask;
    }
}
