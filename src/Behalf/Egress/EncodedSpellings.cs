using System.Text;

namespace Behalf.Egress;

/// <summary>Spellings of a secret in which no byte of it stands for itself. Pure.</summary>
internal static class EncodedSpellings
{
    public static IEnumerable<byte[]> Of(string secret)
    {
        yield return Encoding.Unicode.GetBytes(secret);
        yield return Encoding.BigEndianUnicode.GetBytes(secret);
        byte[] bytes = Encoding.UTF8.GetBytes(secret);
        yield return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(bytes));
        yield return Encoding.ASCII.GetBytes(Convert.ToHexString(bytes));
        for (int offset = 0; offset < 3; offset++)
        {
            string base64 = InBase64(bytes, offset);
            yield return Encoding.ASCII.GetBytes(base64);
            if (base64.AsSpan().IndexOfAny('+', '/') >= 0)
            {
                yield return Encoding.ASCII.GetBytes(base64.Replace('+', '-').Replace('/', '_'));
                yield return Encoding.ASCII.GetBytes(base64.Replace("/", "\\/", StringComparison.Ordinal));
            }
        }
    }

    /// <summary>
    /// What every base64 text has that encodes the secret after a number of bytes that leaves this remainder by three:
    /// the digits that depend on the secret alone.
    /// </summary>
    private static string InBase64(byte[] secret, int offset)
    {
        byte[] shifted = new byte[offset + secret.Length];
        secret.CopyTo(shifted, offset);
        string digits = Convert.ToBase64String(shifted);
        int first = (offset * 8 + 5) / 6;
        int end = shifted.Length * 8 / 6;
        return digits[first..end];
    }
}
