using System.Buffers;

namespace Behalf.Egress;

/// <summary>
/// One scrub in progress over a body that comes in pieces: gives the same bytes as scrubbing the whole at once. Not for
/// concurrent use.
/// </summary>
internal sealed class Scrubbing(SecretPattern[] patterns)
{
    private readonly List<(int Start, int End, int Pattern)> _found = [];

    // Counted from the beginning of the window: where each pattern goes on searching, and what is hidden already.
    private readonly int[] _from = new int[patterns.Length];
    private int _hidden;

    /// <param name="window">What the last call left open, then what came since.</param>
    /// <param name="isWhole">True: nothing follows.</param>
    /// <param name="output">Gets the scrubbed form of what is decided.</param>
    /// <returns>How many bytes of the window are decided; the rest begins the next window.</returns>
    public int Advance(ReadOnlySpan<byte> window, bool isWhole, IBufferWriter<byte> output)
    {
        int decided = Search(window, isWhole);
        int kept = _hidden;
        foreach ((int start, int end, _) in _found)
        {
            if (start >= kept)
            {
                output.Write(window[kept..start]);
                output.Write(Scrubber.ReplacementBytes);
            }

            kept = Math.Max(kept, end);
        }

        if (kept < decided)
        {
            output.Write(window[kept..decided]);
        }

        _hidden = Math.Max(0, kept - decided);
        for (int i = 0; i < _from.Length; i++)
        {
            _from[i] -= decided;
        }

        return decided;
    }

    /// <summary>Leaves in <see cref="_found"/>, in order, what begins within the decided part; it may end beyond it.</summary>
    private int Search(ReadOnlySpan<byte> window, bool isWhole)
    {
        _found.Clear();
        int decided = window.Length;
        for (int i = 0; i < patterns.Length; i++)
        {
            Sighting seen;
            while (!(seen = patterns[i].Find(window, _from[i], isWhole)).IsNone && !seen.IsOpen)
            {
                _from[i] = seen.Start + seen.Length;
                _found.Add((seen.Start, _from[i], i));
            }

            _from[i] = seen.IsOpen ? seen.Start : window.Length;
            decided = Math.Min(decided, _from[i]);
        }

        // What begins where it is not decided yet is found again, in its order.
        foreach ((int start, _, int pattern) in _found)
        {
            if (start >= decided)
            {
                _from[pattern] = Math.Min(_from[pattern], start);
            }
        }

        _found.RemoveAll(found => found.Start >= decided);
        _found.Sort();
        return decided;
    }
}
