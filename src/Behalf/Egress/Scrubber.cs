using System.Buffers;
using System.Text;

namespace Behalf.Egress;

/// <summary>
/// Replaces what was sent as a secret wherever an answer echoes it: as it is, percent-encoded, JSON-escaped or in HTML
/// references (also mixed), in base64 and base64url at any alignment, in UTF-16. Immutable; safe to call concurrently.
/// </summary>
internal sealed class Scrubber
{
    public const string Replacement = "[redacted]";

    /// <value>In bytes. Shorter values would shred the answer and protect nothing.</value>
    public const int MinLength = 4;

    // Encoded, a short value is likely to stand in other values by chance.
    private const int MinEncodedLength = 8;

    private static readonly byte[] ReplacementBytes = Encoding.ASCII.GetBytes(Replacement);
    private readonly EscapedPattern[] _escaped;
    private readonly byte[][] _exact;

    private Scrubber(IEnumerable<string> secrets)
    {
        string[] values = [.. secrets.Where(s => Encoding.UTF8.GetByteCount(s) >= MinLength).Distinct()];
        _escaped = [.. values.Select(value => new EscapedPattern(value))];
        _exact = [.. values.Where(value => value.Length >= MinEncodedLength).SelectMany(EncodedSpellings.Of)];
    }

    public static Scrubber For(EgressRequest request)
    {
        IEnumerable<string> secrets = request.Scrub.Select(secret => secret.RevealText());
        return new Scrubber(
            request.Credential is { } credential ? secrets.Append(credential.Value.RevealText()) : secrets
        );
    }

    public string Scrub(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] scrubbed = Scrub(bytes);
        return ReferenceEquals(bytes, scrubbed) ? text : Encoding.UTF8.GetString(scrubbed);
    }

    /// <returns>The same array when nothing was found.</returns>
    public byte[] Scrub(byte[] body)
    {
        List<(int Start, int End)> found = [];
        foreach (EscapedPattern pattern in _escaped)
        {
            pattern.FindAll(body, found);
        }

        foreach (byte[] pattern in _exact)
        {
            for (int at = 0, next; (next = body.AsSpan(at).IndexOf(pattern)) >= 0; at += next + pattern.Length)
            {
                found.Add((at + next, at + next + pattern.Length));
            }
        }

        return found.Count == 0 ? body : Replace(body, found);
    }

    private static byte[] Replace(byte[] body, List<(int Start, int End)> found)
    {
        found.Sort();
        ArrayBufferWriter<byte> output = new(body.Length);
        int kept = 0;
        foreach ((int start, int end) in found)
        {
            if (start >= kept)
            {
                output.Write(body.AsSpan(kept, start - kept));
                output.Write(ReplacementBytes);
            }

            kept = Math.Max(kept, end);
        }

        output.Write(body.AsSpan(kept));
        return output.WrittenSpan.ToArray();
    }
}
