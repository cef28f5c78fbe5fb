using System.Collections.Concurrent;

namespace Behalf.Identity;

/// <summary>
/// Remembers which tokens had a good signature, and what they say, by the digest of their whole text: a signature, once good,
/// stays so, and checking it costs more than the rest of the door. Nothing else is remembered: key, time, epochs and revocation
/// are looked at on each request. Holds no token. Safe to call concurrently.
/// </summary>
internal sealed class ProvenTokens
{
    /// <summary>When it is full, it begins anew: each token is checked once more.</summary>
    private const int Most = 20_000;

    private readonly ConcurrentDictionary<Digest, SignedToken> _tokens = new();

    public SignedToken? Find(Digest text) => _tokens.GetValueOrDefault(text);

    public void Add(SignedToken token)
    {
        if (_tokens.Count >= Most)
        {
            _tokens.Clear();
        }

        _tokens[token.Text] = token;
    }
}
