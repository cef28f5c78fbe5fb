using System.Buffers.Text;
using System.Text;

namespace Behalf.Egress;

/// <summary>Spellings of a secret in which no byte of it stands for itself. Pure.</summary>
internal static class EncodedSpellings
{
    public static List<byte[]> Of(string secret)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(secret);
        byte[] lower = new byte[2 * bytes.Length];
        byte[] upper = new byte[2 * bytes.Length];
        Convert.TryToHexStringLower(bytes, lower, out _);
        Convert.TryToHexString(bytes, upper, out _);
        List<byte[]> spellings =
        [
            Encoding.Unicode.GetBytes(secret),
            Encoding.BigEndianUnicode.GetBytes(secret),
            lower,
            upper,
        ];
        for (int offset = 0; offset < 3; offset++)
        {
            byte[] base64 = InBase64(bytes, offset);
            spellings.Add(base64);
            if (base64.AsSpan().ContainsAny((byte)'+', (byte)'/'))
            {
                string digits = Encoding.ASCII.GetString(base64);
                spellings.Add(Encoding.ASCII.GetBytes(digits.Replace('+', '-').Replace('/', '_')));
                spellings.Add(Encoding.ASCII.GetBytes(digits.Replace("/", "\\/", StringComparison.Ordinal)));
            }
        }

        return spellings;
    }

    /// <summary>
    /// What every base64 text has that encodes the secret after a number of bytes that leaves this remainder by three:
    /// the digits that depend on the secret alone.
    /// </summary>
    private static byte[] InBase64(byte[] secret, int offset)
    {
        byte[] shifted = new byte[offset + secret.Length];
        secret.CopyTo(shifted, offset);
        byte[] digits = new byte[Base64.GetMaxEncodedToUtf8Length(shifted.Length)];
        Base64.EncodeToUtf8(shifted, digits, out _, out _);
        int first = (offset * 8 + 5) / 6;
        int end = shifted.Length * 8 / 6;
        return digits[first..end];
    }
}
