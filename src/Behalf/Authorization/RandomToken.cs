using System.Buffers.Text;
using System.Security.Cryptography;

namespace Behalf.Authorization;

/// <summary>Unguessable values of a flow: 256 random bits in base64url, 43 characters. Stored as digests only.</summary>
internal static class RandomToken
{
    /// <value>In characters.</value>
    public const int Length = 43;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>False for truncated, padded or foreign text: such values are never looked up.</summary>
    public static bool IsWellFormed(string? text) =>
        text is { Length: Length } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
