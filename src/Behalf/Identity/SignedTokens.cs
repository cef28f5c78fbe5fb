using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>
/// Checks tokens of ours strictly: RS256 by one of our keys, exactly the type, issuer and audience that are due, in their
/// time. Header parameters that bring or point to a key (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) or that we do not
/// understand (<c>crit</c>) end a token unread; nothing is ever fetched. Safe to call concurrently.
/// </summary>
internal sealed class SignedTokens(TokenKeys keys, TimeProvider time)
{
    private const int MaxLength = 8 * 1024;

    /// <value>How far clocks of nodes may differ.</value>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private static readonly HashSet<string> KnownHeaders = new(StringComparer.Ordinal) { "alg", "typ", "kid" };

    private readonly ProvenTokens _proven = new();
    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxLength };

    /// <summary>Takes the text apart; what it says is not true before <see cref="HoldsAsync"/> says so.</summary>
    public JsonWebToken? Open(string text, string type) =>
        text.Length is > 0 and <= MaxLength
        && _handler.CanReadToken(text)
        && Parse(text) is { } token
        && HasOurHeader(token, type)
            ? token
            : null;

    public async Task<bool> HoldsAsync(JsonWebToken token, string type, string issuer, string audience)
    {
        if (keys.Find(token.Kid) is not { } key)
        {
            return false;
        }

        var proof = Proof.Of(token.EncodedToken, type, issuer, audience);
        if (_proven.Knows(proof))
        {
            return IsInTime(token.ValidFrom == default ? null : token.ValidFrom, token.ValidTo);
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
                ValidTypes = [type],
                ValidIssuer = issuer,
                ValidAudience = audience,
                IgnoreTrailingSlashWhenValidatingAudience = false,
                IssuerSigningKey = key,
                TryAllIssuerSigningKeys = false,
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                LifetimeValidator = (from, until, _, _) => IsInTime(from, until),
            }
        );
        if (!result.IsValid || token.Audiences.Count() != 1)
        {
            return false;
        }

        _proven.Add(proof);
        return true;
    }

    private JsonWebToken? Parse(string text)
    {
        try
        {
            return _handler.ReadJsonWebToken(text);
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            return null; // not a token at all
        }
    }

    private static bool HasOurHeader(JsonWebToken token, string type)
    {
        using JsonDocument header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedHeader));
        string[] names = [.. header.RootElement.EnumerateObject().Select(parameter => parameter.Name)];
        return names.All(KnownHeaders.Contains)
            && names.Distinct(StringComparer.Ordinal).Count() == names.Length // RFC 7515 §4: a name comes once
            && string.Equals(token.Alg, SecurityAlgorithms.RsaSha256, StringComparison.Ordinal)
            && string.Equals(token.Typ, type, StringComparison.Ordinal);
    }

    private bool IsInTime(DateTime? from, DateTime? until)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return now < until && (from is null || from <= now + Skew);
    }
}
