using System.Security.Cryptography;

namespace Behalf.PracticeModel;

internal static class Identifiers
{
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    /// <returns>A fresh id such as <c>msg_01…</c>, 24 random characters long.</returns>
    public static string Next(string prefix) => $"{prefix}_01{RandomNumberGenerator.GetString(Alphabet, 22)}";
}
