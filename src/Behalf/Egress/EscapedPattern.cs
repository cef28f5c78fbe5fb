using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Behalf.Egress;

/// <summary>
/// Finds a secret whose characters are written in any mixture of: as they are, <c>%2B</c>, <c>\u002b</c>, <c>\/</c>,
/// <c>&amp;#43;</c>, <c>&amp;#x2b;</c>, <c>&amp;amp;</c>, and a space as <c>+</c>. Immutable; safe to call concurrently.
/// </summary>
internal sealed class EscapedPattern
{
    // More are only possible for secrets that look like chains of escapes themselves.
    private const int MaxReadings = 16;

    private readonly Rune[] _secret;
    private readonly SearchValues<byte> _starts;

    public EscapedPattern(string secret)
    {
        _secret = [.. secret.EnumerateRunes()];
        Span<byte> first = stackalloc byte[4];
        _secret[0].EncodeToUtf8(first);
        _starts = SearchValues.Create([first[0], (byte)'%', (byte)'\\', (byte)'&', (byte)'+']);
    }

    public void FindAll(ReadOnlySpan<byte> body, List<(int Start, int End)> found)
    {
        for (int at = 0; at < body.Length; )
        {
            int next = body[at..].IndexOfAny(_starts);
            if (next < 0)
            {
                return;
            }

            at += next;
            int length = Match(body[at..]);
            if (length > 0)
            {
                found.Add((at, at + length));
            }

            at += Math.Max(length, 1);
        }
    }

    /// <returns>How many bytes the secret takes here, zero when it is not here.</returns>
    private int Match(ReadOnlySpan<byte> body)
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
                found = Follow(next, found, at, rest.StartsWith(plain) ? plain.Length : 0);
                found = Follow(next, found, at, Escaped(rest, rune, plain));
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

    private static int Escaped(ReadOnlySpan<byte> body, Rune rune, ReadOnlySpan<byte> utf8) =>
        body.IsEmpty
            ? 0
            : body[0] switch
            {
                (byte)'%' => Percent(body, utf8),
                (byte)'\\' => Backslash(body, rune),
                (byte)'&' => Reference(body, rune),
                (byte)'+' => rune.Value == ' ' ? 1 : 0,
                _ => 0,
            };

    private static int Percent(ReadOnlySpan<byte> body, ReadOnlySpan<byte> utf8)
    {
        int at = 0;
        foreach (byte b in utf8)
        {
            if (body.Length < at + 3 || body[at] != '%' || !TryHex(body.Slice(at + 1, 2), out int value) || value != b)
            {
                return 0;
            }

            at += 3;
        }

        return at;
    }

    private static int Backslash(ReadOnlySpan<byte> body, Rune rune)
    {
        if (body.Length >= 2 && body[1] == rune.Value && rune.Value is '/' or '"' or '\\' or '\'')
        {
            return 2;
        }

        Span<char> units = stackalloc char[2];
        units = units[..rune.EncodeToUtf16(units)];
        int at = 0;
        foreach (char unit in units)
        {
            bool matches =
                body.Length >= at + 6
                && body[at] == '\\'
                && body[at + 1] == 'u'
                && TryHex(body.Slice(at + 2, 4), out int value)
                && value == unit;
            if (!matches)
            {
                return 0;
            }

            at += 6;
        }

        return at;
    }

    private static int Reference(ReadOnlySpan<byte> body, Rune rune)
    {
        int end = body[..Math.Min(body.Length, 12)].IndexOf((byte)';');
        if (end < 2)
        {
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
