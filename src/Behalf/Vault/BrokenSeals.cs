using System.Collections.Concurrent;

namespace Behalf.Vault;

/// <summary>
/// The stored values that this process found not to open where they stand: rotation goes on past them, and says each of
/// them once. One that is stored anew is another value. Safe to call concurrently.
/// </summary>
internal sealed class BrokenSeals
{
    private readonly ConcurrentDictionary<Stored, RingKeyId> _found = new();

    public int CountOf(RingKeyId key) => _found.Values.Count(held => held == key);

    public bool Holds(WrappedKey read) => _found.ContainsKey(Of(read));

    public bool Holds(RingSealedValue read) => _found.ContainsKey(Of(read));

    public void Add(WrappedKey read) => _found[Of(read)] = read.Key.RingKey;

    public void Add(RingSealedValue read, RingKeyId key) => _found[Of(read)] = key;

    /// <summary>Forgets the values of keys that are not among these.</summary>
    public void Keep(IReadOnlyCollection<RingKeyId> keys)
    {
        foreach ((Stored gone, _) in _found.Where(found => !keys.Contains(found.Value)))
        {
            _found.TryRemove(gone, out _);
        }
    }

    private static Stored Of(WrappedKey read) =>
        new(read.Key.Environment, read.Job?.Value ?? read.Key.Account.Value, "key", Digest.Of(read.Key.WrappedKey));

    private static Stored Of(RingSealedValue read) =>
        new(read.Place.Environment, read.Place.Owner, read.Column, Digest.Of(read.Sealed));

    private readonly record struct Stored(EnvironmentId Environment, Guid Owner, string Column, Digest Value);
}
