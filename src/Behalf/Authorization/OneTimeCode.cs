using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Behalf.Authorization;

/// <summary>
/// The code a person types into the application when it has no verify URL: ten characters of Crockford base32 in two
/// groups, 50 bits. Short, so guessing is throttled and it lives no longer than the provider's code.
/// </summary>
internal static class OneTimeCode
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Length = 10;

    /// <returns>Such as <c>7KQ2M-X9A4T</c>.</returns>
    public static string New() => Show(RandomNumberGenerator.GetString(Alphabet, Length));

    /// <summary>Accepts lower case, missing or extra separators, and O, I, L for 0, 1, 1.</summary>
    public static bool TryNormalize(string? text, [NotNullWhen(true)] out string? code)
    {
        code = null;
        if (text is not { Length: <= 2 * Length })
        {
            return false;
        }

        char[] letters = [.. text.ToUpperInvariant().Where(c => c is not ('-' or ' ')).Select(Read)];
        if (letters.Length != Length || letters.Any(c => !Alphabet.Contains(c, StringComparison.Ordinal)))
        {
            return false;
        }

        code = new string(letters);
        return true;
    }

    private static string Show(string code) => $"{code[..5]}-{code[5..]}";

    private static char Read(char c) =>
        c switch
        {
            'O' => '0',
            'I' or 'L' => '1',
            _ => c,
        };
}
