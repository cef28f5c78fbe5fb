namespace Behalf.Sandbox.Store;

/// <summary>
/// Sixteen-digit gids, the same for the same seed and order of creation, without a pattern a client could guess.
/// Below 2^53, because the token answer also carries the id as a number.
/// </summary>
internal sealed class GidSequence(int seed)
{
    private const ulong Span = 100_000_000_000_000;
    private readonly HashSet<ulong> _given = [];
    private ulong _state = unchecked((ulong)seed);

    public string Next()
    {
        ulong tail;
        do
        {
            tail = SplitMix64() % Span;
        } while (!_given.Add(tail));
        return $"12{tail:D14}";
    }

    private ulong SplitMix64()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
