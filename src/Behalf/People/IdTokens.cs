using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.People;

/// <param name="Identifier">The value of the claim that the operator chose.</param>
internal sealed record IdTokenClaims(string Subject, string Identifier, string? Name, IReadOnlyList<string> Groups);

/// <summary>ID tokens (OpenID Connect Core §3.1.3.7): signed by the provider's key set, for this client, with our nonce.</summary>
internal sealed class IdTokens(ProviderDocuments documents, TimeProvider time)
{
    private const int MaxLength = 64 * 1024;
    private const int MaxGroups = 100;

    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSha384,
        SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256,
        SecurityAlgorithms.EcdsaSha256,
        SecurityAlgorithms.EcdsaSha384,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MaxLength };

    /// <returns>Null for every token that is not entirely right.</returns>
    public async Task<IdTokenClaims?> ReadAsync(
        string text,
        ProviderMetadata metadata,
        IdentityProvider provider,
        string nonce,
        CancellationToken cancellationToken
    )
    {
        if (text.Length > MaxLength || Parse(text) is not { } token)
        {
            return null;
        }

        if (await documents.KeyAsync(metadata, token.Kid, cancellationToken) is not { } key)
        {
            return null;
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(
            token,
            new TokenValidationParameters
            {
                ValidAlgorithms = Algorithms,
                ValidIssuer = metadata.Issuer,
                ValidAudience = provider.ClientId,
                IssuerSigningKey = key,
                TryAllIssuerSigningKeys = false,
                RequireSignedTokens = true,
                RequireExpirationTime = true,
                LifetimeValidator = (from, until, _, _) => IsInTime(from, until),
            }
        );
        return result.IsValid ? Read(token, provider, nonce) : null;
    }

    private static IdTokenClaims? Read(JsonWebToken token, IdentityProvider provider, string nonce)
    {
        using JsonDocument payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        JsonElement claims = payload.RootElement;
        return
            Text(claims, "nonce") == nonce
            && (token.Audiences.Count() == 1 || Text(claims, "azp") == provider.ClientId)
            && token.Subject is { Length: > 0 and <= 255 } subject
            && IdentifierOf(claims, provider) is { } identifier
            ? new IdTokenClaims(subject, identifier, Text(claims, "name"), GroupsOf(claims, provider.GroupsClaim))
            : null;
    }

    private bool IsInTime(DateTime? from, DateTime? until)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return until is { } end && now < end + Skew && (from is null || from <= now + Skew);
    }

    private JsonWebToken? Parse(string text)
    {
        try
        {
            return _handler.CanReadToken(text) ? _handler.ReadJsonWebToken(text) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            return null; // no token at all
        }
    }

    /// <summary>An address that the provider has not verified could be anybody's.</summary>
    private static string? IdentifierOf(JsonElement claims, IdentityProvider provider) =>
        provider.IdentifierClaim != "email" || IsTrue(claims, "email_verified")
            ? Text(claims, provider.IdentifierClaim)
            : null;

    private static bool IsTrue(JsonElement claims, string claim) =>
        claims.TryGetProperty(claim, out JsonElement value)
        && (
            value.ValueKind == JsonValueKind.True
            || (value.ValueKind == JsonValueKind.String && value.GetString() == "true")
        );

    private static List<string> GroupsOf(JsonElement claims, string? claim)
    {
        if (claim is null || !claims.TryGetProperty(claim, out JsonElement value))
        {
            return [];
        }

        IEnumerable<JsonElement> values = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return
        [
            .. values
                .Where(group => group.ValueKind == JsonValueKind.String)
                .Select(group => group.GetString()!)
                .Where(group => group.Length is > 0 and <= 200)
                .Distinct(StringComparer.Ordinal)
                .Take(MaxGroups),
        ];
    }

    private static string? Text(JsonElement claims, string claim) =>
        claims.TryGetProperty(claim, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
