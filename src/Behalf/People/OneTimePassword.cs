using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.People;

/// <summary>Time-based one-time passwords (RFC 6238): six digits, thirty seconds, HMAC-SHA-1 as every application has it.</summary>
internal static class OneTimePassword
{
    private const int Seconds = 30;
    private const int Digits = 6;

    /// <returns>The time step whose password it is (the present one or a neighbour); null for none.</returns>
    public static long? StepOf(Secret key, string? password, DateTimeOffset now)
    {
        if (password is not { Length: Digits } || !password.All(char.IsAsciiDigit))
        {
            return null;
        }

        long present = now.ToUnixTimeSeconds() / Seconds;
        long? found = null;
        for (long step = present - 1; step <= present + 1; step++)
        {
            if (
                CryptographicOperations.FixedTimeEquals(
                    Encoding.ASCII.GetBytes(PasswordAt(key, step)),
                    Encoding.ASCII.GetBytes(password)
                )
            )
            {
                found = step;
            }
        }

        return found;
    }

    public static string PasswordAt(Secret key, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // RFC 4226 §5.3 is defined over HMAC-SHA-1, which stands
        byte[] mac = HMACSHA1.HashData(key.Reveal(), counter);
#pragma warning restore CA5350
        int offset = mac[^1] & 0xf;
        int number = (int)(BinaryPrimitives.ReadUInt32BigEndian(mac.AsSpan(offset)) & 0x7fffffff) % 1_000_000;
        return number.ToString("D6", CultureInfo.InvariantCulture);
    }
}
