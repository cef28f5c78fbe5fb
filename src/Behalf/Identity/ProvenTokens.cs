using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Identity;

/// <summary>
/// Remembers which tokens had a good signature, by the digest of their whole text: a signature, once good, stays so, and
/// checking it costs more than the rest of the door. Nothing else is remembered: key, time, epochs and revocation are looked
/// at on each request. Holds no token. Safe to call concurrently.
/// </summary>
internal sealed class ProvenTokens
{
    /// <summary>When it is full, it begins anew: each token is checked once more.</summary>
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<Proof, byte> _proofs = new();

    public bool Knows(Proof proof) => _proofs.ContainsKey(proof);

    public void Add(Proof proof)
    {
        if (_proofs.Count >= Most)
        {
            _proofs.Clear();
        }

        _proofs[proof] = 0;
    }
}

/// <summary>What was proven, of which text.</summary>
/// <param name="Text">SHA-256 of the compact form, as lower-case hex.</param>
internal sealed record Proof(string Text, string Type, string Issuer, string Audience)
{
    public static Proof Of(string token, string type, string issuer, string audience) =>
        new(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(token))), type, issuer, audience);
}
