using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Behalf.Egress;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.People;

/// <summary>What a provider says of itself (OpenID Connect Discovery §3), checked.</summary>
internal sealed record ProviderMetadata(
    string Issuer,
    Uri AuthorizationEndpoint,
    Uri TokenEndpoint,
    Uri KeySet,
    bool SendsIssuer
);

/// <summary>Fetches discovery documents and key sets through the one door out; keeps them for a while. Safe to call concurrently.</summary>
internal sealed class ProviderDocuments(IEgress egress, TimeProvider time)
{
    private const long MaxBytes = 256 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    /// <value>An unknown key asks for the set again, but no more often than this.</value>
    private static readonly TimeSpan LeastAge = TimeSpan.FromMinutes(1);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 32, AllowDuplicateProperties = false };

    private readonly ConcurrentDictionary<string, Kept<ProviderMetadata>> _metadata = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<IReadOnlyList<JsonWebKey>>> _keys = new(StringComparer.Ordinal);

    public async Task<Result<ProviderMetadata>> MetadataAsync(string issuer, CancellationToken cancellationToken)
    {
        if (_metadata.TryGetValue(issuer, out Kept<ProviderMetadata>? kept) && kept.Until > time.GetUtcNow())
        {
            return kept.Value;
        }

        Uri document = new($"{issuer.TrimEnd('/')}/.well-known/openid-configuration");
        byte[]? body = await GetAsync(document, cancellationToken);
        if (body is null || Read(body, issuer) is not { } metadata)
        {
            return Unavailable(document.Host);
        }

        _metadata[issuer] = new Kept<ProviderMetadata>(metadata, time.GetUtcNow(), time.GetUtcNow() + KeptFor);
        return metadata;
    }

    /// <returns>Null: the provider has no such signing key, or cannot be reached.</returns>
    public async Task<JsonWebKey?> KeyAsync(
        ProviderMetadata metadata,
        string? keyId,
        CancellationToken cancellationToken
    )
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_keys.TryGetValue(metadata.Issuer, out Kept<IReadOnlyList<JsonWebKey>>? kept) && kept.Until > now)
        {
            JsonWebKey? known = Choose(kept.Value, keyId);
            if (known is not null || kept.Since + LeastAge > now)
            {
                return known;
            }
        }

        if (await GetAsync(metadata.KeySet, cancellationToken) is not { } body || ReadKeys(body) is not { } keys)
        {
            return null;
        }

        _keys[metadata.Issuer] = new Kept<IReadOnlyList<JsonWebKey>>(keys, now, now + KeptFor);
        return Choose(keys, keyId);
    }

    public static Problem Unavailable(string host) =>
        new(
            ProblemKind.Unavailable,
            "identity_provider_unavailable",
            $"The sign-in service at {host} gives no usable answer. Try again in a moment."
        );

    private async Task<byte[]?> GetAsync(Uri uri, CancellationToken cancellationToken) =>
        await egress.SendAsync(
            new EgressRequest
            {
                Method = HttpMethod.Get,
                Uri = uri,
                Origin = new Uri(uri.GetLeftPart(UriPartial.Authority)),
                Headers = [new("Accept", "application/json")],
                Timeout = Timeout,
                MaxResponseBytes = MaxBytes,
            },
            cancellationToken
        )
            is EgressOutcome.Answered { Status: 200 } answered
            ? answered.Body
            : null;

    private static ProviderMetadata? Read(byte[] body, string issuer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, Strict);
            JsonElement root = document.RootElement;
            // OpenID Connect Discovery §4.3: exactly the issuer that was configured.
            return
                root.ValueKind == JsonValueKind.Object
                && Text(root, "issuer") == issuer
                && Endpoint(root, "authorization_endpoint") is { } authorize
                && Endpoint(root, "token_endpoint") is { } token
                && Endpoint(root, "jwks_uri") is { } keys
                ? new ProviderMetadata(
                    issuer,
                    authorize,
                    token,
                    keys,
                    root.TryGetProperty("authorization_response_iss_parameter_supported", out JsonElement sends)
                        && sends.ValueKind == JsonValueKind.True
                )
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<JsonWebKey>? ReadKeys(byte[] body)
    {
        try
        {
            return [.. new JsonWebKeySet(Encoding.UTF8.GetString(body)).Keys.Where(key => key.Use is null or "sig")];
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return null;
        }
    }

    private static JsonWebKey? Choose(IReadOnlyList<JsonWebKey> keys, string? keyId) =>
        keyId is null
            ? keys.Count == 1
                ? keys[0]
                : null
            : keys.FirstOrDefault(key => string.Equals(key.Kid, keyId, StringComparison.Ordinal));

    private static Uri? Endpoint(JsonElement root, string name) =>
        Uri.TryCreate(Text(root, name), UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
        && uri.Fragment.Length == 0
            ? uri
            : null;

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private sealed record Kept<T>(T Value, DateTimeOffset Since, DateTimeOffset Until);
}
