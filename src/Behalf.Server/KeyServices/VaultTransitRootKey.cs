using System.Net;
using System.Text;
using System.Text.Json.Serialization;
using Behalf.Vault;

namespace Behalf.Server.KeyServices;

/// <summary>
/// A root key that never leaves HashiCorp Vault's transit engine: <c>vault-transit:https://HOST/MOUNT/KEY</c>. The token
/// comes from the file that <c>VAULT_TOKEN_FILE</c> names (an agent may renew it), else from <c>VAULT_TOKEN</c>.
/// </summary>
/// <seealso href="https://developer.hashicorp.com/vault/api-docs/secret/transit"/>
internal sealed class VaultTransitRootKey(Uri address, string mount, string key) : IRootKey, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        BaseAddress = address,
        Timeout = Patience,
    };

    public string Kind => $"{VaultTransitSource.SchemeName}:{address.GetLeftPart(UriPartial.Authority)}/{mount}/{key}";

    public bool MayHaveWrapped(RingKey ringKey) => ringKey.Wrapper == Kind;

    public async ValueTask<byte[]> WrapAsync(
        ReadOnlyMemory<byte> material,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    )
    {
        TransitData answer = await AskAsync(
            "encrypt",
            new TransitData
            {
                Plaintext = Convert.ToBase64String(material.Span),
                AssociatedData = Convert.ToBase64String(associatedData.Span),
            },
            cancellationToken
        );
        return Encoding.ASCII.GetBytes(answer.Ciphertext ?? throw Odd());
    }

    public async ValueTask<byte[]> UnwrapAsync(
        ReadOnlyMemory<byte> wrapped,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    )
    {
        TransitData answer = await AskAsync(
            "decrypt",
            new TransitData
            {
                Ciphertext = Encoding.ASCII.GetString(wrapped.Span),
                AssociatedData = Convert.ToBase64String(associatedData.Span),
            },
            cancellationToken
        );
        try
        {
            return Convert.FromBase64String(answer.Plaintext ?? throw Odd());
        }
        catch (FormatException)
        {
            throw Odd();
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<TransitData> AskAsync(string verb, TransitData data, CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, $"/v1/{mount}/{verb}/{key}");
            request.Headers.Add("X-Vault-Token", await TokenAsync(cancellationToken));
            request.Content = JsonContent.Create(data, TransitJson.Default.TransitData);
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw Refused(verb, response.StatusCode);
            }

            TransitAnswer? answer = await response.Content.ReadFromJsonAsync(
                TransitJson.Default.TransitAnswer,
                cancellationToken
            );
            return answer?.Data ?? throw Odd();
        }
        catch (Exception failure)
            when (failure is HttpRequestException or System.Text.Json.JsonException or IOException
                || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            throw new VaultSealedException($"{Kind} cannot be asked: {failure.Message}", failure)
            {
                MayOpenLater = true,
            };
        }
    }

    private async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        string? token = Environment.GetEnvironmentVariable("VAULT_TOKEN_FILE") is { Length: > 0 } file
            ? await File.ReadAllTextAsync(file, cancellationToken)
            : Environment.GetEnvironmentVariable("VAULT_TOKEN");
        return token?.Trim() is { Length: > 0 } value
            ? value
            : throw new VaultSealedException($"{Kind}: there is no token in VAULT_TOKEN_FILE or VAULT_TOKEN.")
            {
                MayOpenLater = true,
            };
    }

    /// <summary>400: an altered ciphertext, another key or context; 404: no such mount. The rest may pass.</summary>
    private VaultSealedException Refused(string verb, HttpStatusCode status) =>
        new($"{Kind} answered {verb} with {(int)status}.")
        {
            MayOpenLater = status is not (HttpStatusCode.BadRequest or HttpStatusCode.NotFound),
        };

    private VaultSealedException Odd() => new($"{Kind} gave an answer without the value that was asked for.");
}

/// <summary><c>vault-transit:https://HOST/MOUNT/KEY</c>; plain http for loopback only.</summary>
internal sealed class VaultTransitSource : IRootKeySource
{
    public const string SchemeName = "vault-transit";

    public string Scheme => SchemeName;

    public IRootKey Open(string name)
    {
        if (
            !Uri.TryCreate(name, UriKind.Absolute, out Uri? uri)
            || (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            || uri.UserInfo.Length > 0
            || uri.Query.Length > 0
            || uri.AbsolutePath.Trim('/').Split('/') is not [.. { Length: > 0 } mounts, { Length: > 0 } key]
        )
        {
            throw new VaultSealedException(
                $"\"{SchemeName}:{name}\" is not {SchemeName}:https://HOST/MOUNT/KEY, such as {SchemeName}:https://vault.example:8200/transit/behalf."
            );
        }

        return new VaultTransitRootKey(new Uri(uri.GetLeftPart(UriPartial.Authority)), string.Join('/', mounts), key);
    }
}

internal sealed record TransitData
{
    [JsonPropertyName("plaintext")]
    public string? Plaintext { get; init; }

    [JsonPropertyName("ciphertext")]
    public string? Ciphertext { get; init; }

    [JsonPropertyName("associated_data")]
    public string? AssociatedData { get; init; }
}

internal sealed record TransitAnswer
{
    [JsonPropertyName("data")]
    public TransitData? Data { get; init; }
}

[JsonSerializable(typeof(TransitData))]
[JsonSerializable(typeof(TransitAnswer))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class TransitJson : JsonSerializerContext;
