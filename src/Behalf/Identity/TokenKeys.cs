using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Behalf.Vault;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Identity;

/// <summary>The ring's token-signing keys as the token library takes them. Safe to call concurrently.</summary>
internal sealed class TokenKeys(IVault vault)
{
    private readonly ConcurrentDictionary<RingKeyId, RsaSecurityKey> _keys = new();

    public SigningCredentials Signing()
    {
        SigningKey active =
            vault.SigningKeys(SigningPurpose.Token).FirstOrDefault(key => key.IsActive)
            ?? throw new InvalidOperationException("The key ring has no active token-signing key.");
        return new SigningCredentials(ToSecurityKey(active), SecurityAlgorithms.RsaSha256);
    }

    /// <summary>The key of this id, if it is one of ours: a token never brings or points to its own key.</summary>
    public SecurityKey? Find(RingKeyId id)
    {
        foreach (SigningKey key in vault.SigningKeys(SigningPurpose.Token))
        {
            if (key.Id == id)
            {
                return ToSecurityKey(key);
            }
        }

        return null;
    }

    /// <summary>The public halves as a JSON Web Key Set (RFC 7517 §5).</summary>
    public string Publish()
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys");
            foreach (SigningKey key in vault.SigningKeys(SigningPurpose.Token))
            {
                RSAParameters numbers = key.Rsa.ExportParameters(includePrivateParameters: false);
                writer.WriteStartObject();
                writer.WriteString("kty", "RSA");
                writer.WriteString("use", "sig");
                writer.WriteString("alg", SecurityAlgorithms.RsaSha256);
                writer.WriteString("kid", key.Id.ToString());
                writer.WriteString("n", Base64UrlEncoder.Encode(numbers.Modulus!));
                writer.WriteString("e", Base64UrlEncoder.Encode(numbers.Exponent!));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private RsaSecurityKey ToSecurityKey(SigningKey key) =>
        _keys.GetOrAdd(key.Id, static (id, rsa) => new RsaSecurityKey(rsa) { KeyId = id.ToString() }, key.Rsa);
}
