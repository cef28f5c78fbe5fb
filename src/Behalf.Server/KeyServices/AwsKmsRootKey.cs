using System.Net;
using Amazon.KeyManagementService;
using Amazon.KeyManagementService.Model;
using Amazon.Runtime;
using Behalf.Vault;

namespace Behalf.Server.KeyServices;

/// <summary>
/// A root key that never leaves AWS KMS: <c>aws-kms:KEY</c>, KEY being an id, ARN or alias. Region, credentials and
/// endpoint are those of the AWS SDK (<c>AWS_REGION</c>, <c>AWS_ENDPOINT_URL_KMS</c>, instance or web identity).
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html"/>
internal sealed class AwsKmsRootKey(string key, Func<IAmazonKeyManagementService> connect) : IRootKey, IDisposable
{
    // The associated data is the encryption context: KMS refuses to decrypt with any other.
    private const string ContextName = "behalf";

    private readonly Lazy<IAmazonKeyManagementService> _kms = new(connect);

    public string Kind => $"{AwsKmsSource.SchemeName}:{key}";

    public bool MayHaveWrapped(RingKey ringKey) => ringKey.Wrapper == Kind;

    public async ValueTask<byte[]> WrapAsync(
        ReadOnlyMemory<byte> material,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    )
    {
        using MemoryStream plaintext = new(material.ToArray());
        EncryptResponse response = await AskAsync(
            kms =>
                kms.EncryptAsync(
                    new EncryptRequest
                    {
                        KeyId = key,
                        Plaintext = plaintext,
                        EncryptionContext = Context(associatedData),
                    },
                    cancellationToken
                ),
            cancellationToken
        );
        return response.CiphertextBlob.ToArray();
    }

    public async ValueTask<byte[]> UnwrapAsync(
        ReadOnlyMemory<byte> wrapped,
        ReadOnlyMemory<byte> associatedData,
        CancellationToken cancellationToken
    )
    {
        using MemoryStream ciphertext = new(wrapped.ToArray());
        DecryptResponse response = await AskAsync(
            kms =>
                kms.DecryptAsync(
                    new DecryptRequest
                    {
                        KeyId = key,
                        CiphertextBlob = ciphertext,
                        EncryptionContext = Context(associatedData),
                    },
                    cancellationToken
                ),
            cancellationToken
        );
        return response.Plaintext.ToArray();
    }

    public void Dispose()
    {
        if (_kms.IsValueCreated)
        {
            _kms.Value.Dispose();
        }
    }

    private async Task<T> AskAsync<T>(
        Func<IAmazonKeyManagementService, Task<T>> ask,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await ask(_kms.Value);
        }
        catch (AmazonServiceException refusal)
        {
            throw new VaultSealedException($"{Kind}: {refusal.ErrorCode ?? refusal.Message}", refusal)
            {
                MayOpenLater = !IsFinal(refusal),
            };
        }
        catch (Exception failure) when (failure is AmazonClientException or HttpRequestException or TimeoutException)
        {
            throw new VaultSealedException($"{Kind} cannot be asked: {failure.Message}", failure)
            {
                MayOpenLater = true,
            };
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VaultSealedException($"{Kind} did not answer in time.", failure) { MayOpenLater = true };
        }
    }

    /// <summary>Another key, an altered ciphertext, or no such key: asking again gives the same answer.</summary>
    private static bool IsFinal(AmazonServiceException refusal) =>
        refusal is InvalidCiphertextException or IncorrectKeyException or NotFoundException
        || (refusal.StatusCode == HttpStatusCode.BadRequest && refusal.ErrorCode == "ValidationException");

    private static Dictionary<string, string> Context(ReadOnlyMemory<byte> associatedData) =>
        new(StringComparer.Ordinal) { [ContextName] = Convert.ToBase64String(associatedData.Span) };
}

/// <summary><c>aws-kms:KEY</c>.</summary>
internal sealed class AwsKmsSource : IRootKeySource
{
    public const string SchemeName = "aws-kms";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public string Scheme => SchemeName;

    public IRootKey Open(string name) =>
        name.Length is > 0 and <= 200
            ? new AwsKmsRootKey(name, Connect)
            : throw new VaultSealedException($"{SchemeName}: names no key; use its id, ARN or alias.");

    private static AmazonKeyManagementServiceClient Connect() =>
        new(new AmazonKeyManagementServiceConfig { Timeout = Patience, MaxErrorRetry = 1 });
}
