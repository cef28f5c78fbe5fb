using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>An OpenID Connect provider at https://idp.example, whose answers a test can bend.</summary>
internal sealed class ScriptedProvider
{
    public const string Issuer = "https://idp.example";
    public const string Secret = "secret-of-behalf-at-the-provider";

    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, string> _idTokens = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;

    public ScriptedProvider(ScriptedWeb web, TimeProvider time)
    {
        _time = time;
        RSAParameters numbers = _key.ExportParameters(false);
        web.Answer(
            $"{Issuer}/.well-known/openid-configuration",
            JsonSerializer.Serialize(
                new
                {
                    issuer = Issuer,
                    authorization_endpoint = $"{Issuer}/authorize",
                    token_endpoint = $"{Issuer}/token",
                    jwks_uri = $"{Issuer}/keys",
                    authorization_response_iss_parameter_supported = true,
                }
            )
        );
        web.Answer(
            $"{Issuer}/keys",
            JsonSerializer.Serialize(
                new
                {
                    keys = new[]
                    {
                        new
                        {
                            kty = "RSA",
                            use = "sig",
                            kid = "first",
                            n = Base64UrlEncoder.Encode(numbers.Modulus),
                            e = Base64UrlEncoder.Encode(numbers.Exponent),
                        },
                    },
                }
            )
        );
        web.Answer($"{Issuer}/token", ExchangeAsync);
    }

    public ConcurrentQueue<string> TokenRequests { get; } = new();

    /// <summary>The claims of a person, ready to bend.</summary>
    public Dictionary<string, object?> ClaimsOf(string subject, Uri request) =>
        new(StringComparer.Ordinal)
        {
            ["iss"] = Issuer,
            ["aud"] = "behalf",
            ["sub"] = subject,
            ["name"] = "Somebody",
            ["email"] = $"{subject}@acme.com",
            ["email_verified"] = true,
            ["groups"] = new[] { "staff" },
            ["nonce"] = HttpUtility.ParseQueryString(request.Query)["nonce"],
            ["iat"] = _time.GetUtcNow().ToUnixTimeSeconds(),
            ["exp"] = _time.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds(),
        };

    /// <summary>The provider's answer to an authorization request, for which it will give this ID token.</summary>
    public Uri Answer(Uri request, string idToken, string? issuer = Issuer, string? state = null)
    {
        string code = Guid.NewGuid().ToString("N");
        _idTokens[code] = idToken;
        var query = HttpUtility.ParseQueryString(request.Query);
        string text = $"code={code}&state={Uri.EscapeDataString(state ?? query["state"]!)}";
        return new Uri(
            $"{query["redirect_uri"]}?{text}{(issuer is null ? "" : $"&iss={Uri.EscapeDataString(issuer)}")}"
        );
    }

    /// <param name="signer">Another key than the provider's.</param>
    public string Sign(
        Dictionary<string, object?> claims,
        string algorithm = "RS256",
        string keyId = "first",
        RSA? signer = null
    )
    {
        string head = Encode(
            JsonSerializer.SerializeToUtf8Bytes(
                new
                {
                    alg = algorithm,
                    typ = "JWT",
                    kid = keyId,
                }
            )
        );
        string body = $"{head}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        byte[] bytes = Encoding.ASCII.GetBytes(body);
        byte[] signature = algorithm switch
        {
            "none" => [],
            "HS256" => HMACSHA256.HashData(_key.ExportSubjectPublicKeyInfo(), bytes), // key confusion
            _ => (signer ?? _key).SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        };
        return $"{body}.{Encode(signature)}";
    }

    private async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage request)
    {
        string form = await request.Content!.ReadAsStringAsync(TestContext.Current.CancellationToken);
        TokenRequests.Enqueue(form);
        bool isBehalf =
            request.Headers.Authorization?.Parameter
            == Convert.ToBase64String(Encoding.UTF8.GetBytes($"behalf:{Secret}"));
        return isBehalf && _idTokens.TryRemove(HttpUtility.ParseQueryString(form)["code"] ?? "", out string? idToken)
            ? Json(
                HttpStatusCode.OK,
                new
                {
                    id_token = idToken,
                    access_token = "unused",
                    token_type = "Bearer",
                }
            )
            : Json(HttpStatusCode.BadRequest, new { error = "invalid_grant" });
    }

    private static HttpResponseMessage Json(HttpStatusCode status, object body) =>
        new(status) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };

    private static string Encode(byte[] bytes) => Base64UrlEncoder.Encode(bytes);
}
