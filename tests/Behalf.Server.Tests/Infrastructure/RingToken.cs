using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>Tokens that only the server itself could have signed: a real one taken apart, changed and signed by its ring.</summary>
internal sealed class RingToken
{
    private readonly SigningKey _key;

    public RingToken(TestServer server, string real)
    {
        JsonWebToken token = new(real);
        Header = JsonNode.Parse(Base64UrlEncoder.Decode(token.EncodedHeader))!.AsObject();
        Claims = JsonNode.Parse(Base64UrlEncoder.Decode(token.EncodedPayload))!.AsObject();
        _key = server
            .Server.Services.GetRequiredService<IVault>()
            .SigningKeys(SigningPurpose.Token)
            .Single(key => key.IsActive);
    }

    public JsonObject Header { get; }

    public JsonObject Claims { get; }

    public RingToken With(string claim, JsonNode? value)
    {
        Claims[claim] = value;
        return this;
    }

    public RingToken WithHeader(string name, JsonNode? value)
    {
        Header[name] = value;
        return this;
    }

    public string Sign() => Sign(Header.ToJsonString(), Claims.ToJsonString());

    /// <summary>Any text may be signed, also such that is no JSON.</summary>
    public string Sign(string header, string claims)
    {
        string content = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(claims)}";
        byte[] data = Encoding.ASCII.GetBytes(content);
        byte[] signature = Header["alg"]?.GetValue<string>() switch
        {
            "PS256" => _key.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "RS384" => _key.Rsa.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "RS512" => _key.Rsa.SignData(data, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "none" => [],
            _ => _key.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        };
        return $"{content}.{Base64UrlEncoder.Encode(signature)}";
    }
}
