using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Behalf.Egress;

/// <summary>
/// Finds a secret whose characters are written in any mixture of: as they are, <c>%2B</c>, <c>\u002b</c>, <c>\/</c>,
/// <c>&amp;#43;</c>, <c>&amp;#x2b;</c>, <c>&amp;amp;</c>, and a space as <c>+</c>. Immutable; safe to call concurrently.
/// </summary>
internal sealed class EscapedPattern : SecretPattern
{
    // More are only possible for secrets that look like chains of escapes themselves.
    private const int MaxReadings = 16;
    private const int MaxReference = 12;

    private static readonly SearchValues<byte> ReferenceBytes = SearchValues.Create(
        "#0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8
    );

    private readonly Rune[] _secret;
    private readonly SearchValues<byte> _starts;

    public EscapedPattern(string secret)
    {
        Rune[] runes = new Rune[secret.Length];
        int count = 0;
        foreach (Rune rune in secret.EnumerateRunes())
        {
            runes[count++] = rune;
        }

        _secret = count == runes.Length ? runes : runes[..count];
        Span<byte> first = stackalloc byte[4];
        _secret[0].EncodeToUtf8(first);
        _starts = SearchValues.Create([first[0], (byte)'%', (byte)'\\', (byte)'&', (byte)'+']);
    }

    public override Sighting Find(ReadOnlySpan<byte> body, int from, bool isWhole)
    {
        for (int at = from; at < body.Length; at++)
        {
            int next = body[at..].IndexOfAny(_starts);
            if (next < 0)
            {
                return Sighting.None;
            }

            at += next;
            bool isOpen = false;
            int length = Match(body[at..], ref isOpen);
            if (isOpen && !isWhole)
            {
                return Sighting.Open(at);
            }

            if (length > 0)
            {
                return new Sighting(at, length);
            }
        }

        return Sighting.None;
    }

    /// <param name="isOpen">Set when a longer body could give another answer.</param>
    /// <returns>How many bytes the secret takes here, zero when it is not here.</returns>
    private int Match(ReadOnlySpan<byte> body, ref bool isOpen)
    {
        // A character may stand for itself and begin an escape, so several readings are followed side by side.
        Span<int> readings = stackalloc int[MaxReadings];
        Span<int> next = stackalloc int[MaxReadings];
        readings[0] = 0;
        int count = 1;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in _secret)
        {
            ReadOnlySpan<byte> plain = utf8[..rune.EncodeToUtf8(utf8)];
            int found = 0;
            foreach (int at in readings[..count])
            {
                ReadOnlySpan<byte> rest = body[at..];
                isOpen |= rest.Length < plain.Length && plain.StartsWith(rest);
                found = Follow(next, found, at, rest.StartsWith(plain) ? plain.Length : 0);
                found = Follow(next, found, at, Escaped(rest, rune, plain, ref isOpen));
            }

            if (found == 0)
            {
                return 0;
            }

            Span<int> spent = readings;
            readings = next;
            next = spent;
            count = found;
        }

        return Max(readings[..count]);
    }

    private static int Follow(Span<int> readings, int count, int at, int length)
    {
        if (length == 0 || count == readings.Length || readings[..count].Contains(at + length))
        {
            return count;
        }

        readings[count] = at + length;
        return count + 1;
    }

    private static int Max(ReadOnlySpan<int> readings)
    {
        int max = 0;
        foreach (int reading in readings)
        {
            max = Math.Max(max, reading);
        }

        return max;
    }

    private static int Escaped(ReadOnlySpan<byte> body, Rune rune, ReadOnlySpan<byte> utf8, ref bool isOpen) =>
        body.IsEmpty
            ? 0
            : body[0] switch
            {
                (byte)'%' => Percent(body, utf8, ref isOpen),
                (byte)'\\' => Backslash(body, rune, ref isOpen),
                (byte)'&' => Reference(body, rune, ref isOpen),
                (byte)'+' => rune.Value == ' ' ? 1 : 0,
                _ => 0,
            };

    private static int Percent(ReadOnlySpan<byte> body, ReadOnlySpan<byte> utf8, ref bool isOpen)
    {
        int at = 0;
        Span<byte> escape = stackalloc byte[3];
        foreach (byte b in utf8)
        {
            escape[0] = (byte)'%';
            Utf8.TryWrite(escape[1..], $"{b:X2}", out _);
            if (!StartsWith(body[at..], escape, ref isOpen))
            {
                return 0;
            }

            at += escape.Length;
        }

        return at;
    }

    private static int Backslash(ReadOnlySpan<byte> body, Rune rune, ref bool isOpen)
    {
        if (body.Length >= 2 && body[1] == rune.Value && rune.Value is '/' or '"' or '\\' or '\'')
        {
            return 2;
        }

        isOpen |= body.Length == 1;
        Span<char> units = stackalloc char[2];
        units = units[..rune.EncodeToUtf16(units)];
        int at = 0;
        Span<byte> escape = stackalloc byte[6];
        foreach (char unit in units)
        {
            "\\u"u8.CopyTo(escape);
            Utf8.TryWrite(escape[2..], $"{(int)unit:X4}", out _);
            if (!StartsWith(body[at..], escape, ref isOpen))
            {
                return 0;
            }

            at += escape.Length;
        }

        return at;
    }

    /// <summary>Hexadecimal digits in either case; the letter that introduces them in lower case only.</summary>
    private static bool StartsWith(ReadOnlySpan<byte> body, ReadOnlySpan<byte> escape, ref bool isOpen)
    {
        int length = Math.Min(body.Length, escape.Length);
        for (int i = 0; i < length; i++)
        {
            byte c =
                escape[i] is >= (byte)'A' and <= (byte)'F' && body[i] is >= (byte)'a' and <= (byte)'f'
                    ? (byte)(body[i] - 'a' + 'A')
                    : body[i];
            if (c != escape[i])
            {
                return false;
            }
        }

        isOpen |= body.Length < escape.Length;
        return body.Length >= escape.Length;
    }

    private static int Reference(ReadOnlySpan<byte> body, Rune rune, ref bool isOpen)
    {
        ReadOnlySpan<byte> start = body[..Math.Min(body.Length, MaxReference)];
        int end = start.IndexOf((byte)';');
        if (end < 2)
        {
            // Only what may still become a reference waits for its end.
            isOpen |= end < 0 && body.Length < MaxReference && start[1..].IndexOfAnyExcept(ReferenceBytes) < 0;
            return 0;
        }

        ReadOnlySpan<byte> name = body[1..end];
        bool matches = name[0] == '#' ? IsNumber(name[1..], rune.Value) : IsNamed(name, rune.Value);
        return matches ? end + 1 : 0;
    }

    private static bool IsNumber(ReadOnlySpan<byte> digits, int value)
    {
        if (digits is [(byte)'x' or (byte)'X', .. { Length: > 0 } hex])
        {
            return TryHex(hex, out int number) && number == value;
        }

        return Utf8Parser.TryParse(digits, out int plain, out int read) && read == digits.Length && plain == value;
    }

    private static bool IsNamed(ReadOnlySpan<byte> name, int value) =>
        value switch
        {
            '&' => name.SequenceEqual("amp"u8),
            '<' => name.SequenceEqual("lt"u8),
            '>' => name.SequenceEqual("gt"u8),
            '"' => name.SequenceEqual("quot"u8),
            '\'' => name.SequenceEqual("apos"u8),
            _ => false,
        };

    private static bool TryHex(ReadOnlySpan<byte> digits, out int value) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
}
