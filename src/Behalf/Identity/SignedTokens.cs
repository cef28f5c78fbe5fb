using System.Runtime.InteropServices;
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
    /// <param name="read">What those who look for this type need of it; null: it is no token of theirs.</param>
    public SignedToken<T>? Open<T>(ReadOnlySpan<char> text, string type, Func<JsonWebToken, T?> read)
        where T : class
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        var digest = Digest.Of(MemoryMarshal.AsBytes(text));
        if (_proven.Find(digest) is SignedToken<T> proven && proven.Type == type)
        {
            return proven;
        }

        string whole = text.ToString();
        return
            _handler.CanReadToken(whole)
            && Parse(whole) is { } token
            && HasOurHeader(token, type)
            && EntityId.TryParse(token.Kid, out RingKeyId key)
            && read(token) is { } content
            ? new SignedToken<T>(digest, type, key, token.ValidFrom, token.ValidTo, content) { Unproven = token }
            : null;
    }

    public async Task<bool> HoldsAsync(SignedToken token, string issuer, string audience)
    {
        if (keys.Find(token.Key) is not { } key)
        {
            return false;
        }

        if (token.Unproven is not { } unproven)
        {
            return token.Issuer == issuer && token.Audience == audience && IsInTime(token.From, token.Until);
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(
            unproven,
            new TokenValidationParameters
            {
                ValidAlgorithms = [SecurityAlgorithms.RsaSha256],
                ValidTypes = [token.Type],
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
        if (!result.IsValid || unproven.Audiences.Count() != 1)
        {
            return false;
        }

        _proven.Add(token with { Unproven = null, Issuer = issuer, Audience = audience });
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

/// <summary>A token of ours, taken apart.</summary>
/// <param name="Text">Of the compact form.</param>
/// <param name="From">The default value: it names none.</param>
internal abstract record SignedToken(Digest Text, string Type, RingKeyId Key, DateTime From, DateTime Until)
{
    /// <value>Null: its signature was good, for <see cref="Issuer"/> and <see cref="Audience"/>, which are all it has.</value>
    public JsonWebToken? Unproven { get; init; }

    public string? Issuer { get; init; }

    public string? Audience { get; init; }
}

/// <inheritdoc />
internal sealed record SignedToken<T>(Digest Text, string Type, RingKeyId Key, DateTime From, DateTime Until, T Content)
    : SignedToken(Text, Type, Key, From, Until)
    where T : class;
