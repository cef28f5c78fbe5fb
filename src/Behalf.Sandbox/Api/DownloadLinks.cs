using System.Security.Cryptography;
using System.Text;

namespace Behalf.Sandbox.Api;

/// <summary>Pre-signed addresses of attachments: two minutes, and useless together with a bearer token.</summary>
internal sealed class DownloadLinks(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(2);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public string For(string origin, Attachment attachment)
    {
        var expires = (time.GetUtcNow() + Life).ToUnixTimeSeconds();
        return $"{origin}/-/asset/{attachment.Gid}?expires={expires}&signature={Sign(attachment.Gid, expires)}";
    }

    public bool IsValid(string gid, long expires, string signature) =>
        expires >= time.GetUtcNow().ToUnixTimeSeconds()
        && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Sign(gid, expires)),
            Encoding.ASCII.GetBytes(signature)
        );

    private string Sign(string gid, long expires) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes($"{gid}.{expires}")));
}
