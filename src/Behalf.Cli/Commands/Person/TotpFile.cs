using System.Security.Cryptography;
using System.Text;
using Behalf.Cli.Settings;

namespace Behalf.Cli.Commands.Person;

/// <summary>The key of a time-based one-time password, and the file from which an application on a telephone takes it.</summary>
internal static class TotpFile
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648 §6

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(20);

    public static void Write(SecretFile file, Uri server, string person, byte[] key)
    {
        var label = $"{Uri.EscapeDataString(server.Host)}:{Uri.EscapeDataString(person)}";
        file.Write(
            new
            {
                Person = person,
                OtpauthUri = $"otpauth://totp/{label}?secret={Base32(key)}&issuer={Uri.EscapeDataString(server.Host)}",
            }
        );
    }

    private static string Base32(byte[] bytes)
    {
        var text = new StringBuilder();
        var (buffer, bits) = (0, 0);
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text.Append(Alphabet[(buffer >> bits) & 31]);
            }
            buffer &= (1 << bits) - 1;
        }
        return bits == 0 ? text.ToString() : text.Append(Alphabet[(buffer << (5 - bits)) & 31]).ToString();
    }
}
