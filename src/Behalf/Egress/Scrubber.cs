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

    public static ReadOnlySpan<byte> ReplacementBytes => "[redacted]"u8;

    /// <value>In bytes. Shorter values would shred the answer and protect nothing.</value>
    public const int MinLength = 4;

    // Encoded, a short value is likely to stand in other values by chance.
    private const int MinEncodedLength = 8;

    private readonly SecretPattern[] _patterns;
    private readonly int _shortest;

    private Scrubber(List<string> secrets)
    {
        List<SecretPattern> patterns = [];
        _shortest = int.MaxValue;
        for (int i = 0; i < secrets.Count; i++)
        {
            string value = secrets[i];
            int length = Encoding.UTF8.GetByteCount(value);
            if (length < MinLength || secrets.IndexOf(value) < i)
            {
                continue;
            }

            _shortest = Math.Min(_shortest, length);
            patterns.Add(new EscapedPattern(value));
            if (value.Length >= MinEncodedLength)
            {
                _shortest = Math.Min(_shortest, 2 * value.Length); // in UTF-16; every other spelling is longer than in UTF-8
                foreach (byte[] spelling in EncodedSpellings.Of(value))
                {
                    patterns.Add(new ExactPattern(spelling));
                }
            }
        }

        _patterns = [.. patterns];
    }

    public static Scrubber For(EgressRequest request)
    {
        List<string> secrets = [];
        foreach (Secret secret in request.Scrub)
        {
            secrets.Add(secret.RevealText());
        }

        if (request.Credential is { } credential)
        {
            secrets.Add(credential.Value.RevealText());
        }

        return new Scrubber(secrets);
    }

    public string Scrub(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) < _shortest)
        {
            return text;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        byte[] scrubbed = Scrub(bytes);
        return ReferenceEquals(bytes, scrubbed) ? text : Encoding.UTF8.GetString(scrubbed);
    }

    /// <returns>The same array when nothing was found.</returns>
    public byte[] Scrub(byte[] body)
    {
        if (Array.TrueForAll(_patterns, pattern => pattern.Find(body, 0, isWhole: true).IsNone))
        {
            return body;
        }

        ArrayBufferWriter<byte> output = new(body.Length);
        Begin().Advance(body, isWhole: true, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>For a body that comes in pieces.</summary>
    public Scrubbing Begin() => new(_patterns);
}
