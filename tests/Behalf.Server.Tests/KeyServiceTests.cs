using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.KeyManagementService;
using Amazon.Runtime;
using Behalf.Server.KeyServices;
using Behalf.Vault;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests;

/// <summary>Both key services, against stand-ins that speak the published API.</summary>
public sealed class KeyServiceTests : IAsyncLifetime
{
    private static readonly byte[] Material = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<string, byte[]> _held = [];
    private WebApplication _standIn = null!;
    private int _status = StatusCodes.Status200OK;

    private string Origin => _standIn.Urls.Single();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _standIn = builder.Build();
        _standIn.MapPost("/", KmsAsync);
        _standIn.MapPost("/v1/secrets/transit/{verb}/behalf", TransitAsync);
        await _standIn.StartAsync(Cancellation);
        Environment.SetEnvironmentVariable("VAULT_TOKEN", "transit-token");
    }

    public async ValueTask DisposeAsync() => await _standIn.DisposeAsync();

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public async Task Key_ComesBack_WithItsOwnAssociatedDataOnly(string service)
    {
        IRootKey root = Root(service);
        byte[] wrapped = await root.WrapAsync(Material, "ring key 1"u8.ToArray(), Cancellation);

        wrapped.Should().NotEqual(Material);
        (await root.UnwrapAsync(wrapped, "ring key 1"u8.ToArray(), Cancellation)).Should().Equal(Material);
        (await Refusal(() => root.UnwrapAsync(wrapped, "ring key 2"u8.ToArray(), Cancellation)))
            .MayOpenLater.Should()
            .BeFalse();
        (await Refusal(() => root.UnwrapAsync("altered"u8.ToArray(), "ring key 1"u8.ToArray(), Cancellation)))
            .MayOpenLater.Should()
            .BeFalse();
    }

    [Theory]
    [InlineData("kms", 403)]
    [InlineData("kms", 500)]
    [InlineData("transit", 403)]
    [InlineData("transit", 503)]
    public async Task Service_ThatRefusesOrFails_MayAnswerLater(string service, int status)
    {
        _status = status;

        VaultSealedException refusal = await Refusal(() =>
            Root(service).WrapAsync(Material, "ring key"u8.ToArray(), Cancellation)
        );

        refusal.MayOpenLater.Should().BeTrue();
        refusal.ToString().Should().NotContain("transit-token").And.NotContain(Convert.ToBase64String(Material));
    }

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public async Task Service_ThatIsGone_MayComeBack(string service)
    {
        IRootKey root = Root(service);
        await _standIn.StopAsync(Cancellation);

        (await Refusal(() => root.WrapAsync(Material, "ring key"u8.ToArray(), Cancellation)))
            .MayOpenLater.Should()
            .BeTrue();
    }

    [Theory]
    [InlineData("kms")]
    [InlineData("transit")]
    public void Root_KnowsItsOwnByTheName(string service)
    {
        IRootKey root = Root(service);
        RingKey key = new(
            new RingKeyId(Guid.NewGuid()),
            RingKeyKind.Data,
            RingKeyState.Active,
            [1],
            root.Kind,
            DateTimeOffset.UnixEpoch
        );

        root.MayHaveWrapped(key).Should().BeTrue();
        root.MayHaveWrapped(key with { Wrapper = root.Kind + "2" }).Should().BeFalse();
        root.MayHaveWrapped(key with { Wrapper = "file" }).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("vault.example/transit/behalf")]
    [InlineData("http://vault.example/transit/behalf")]
    [InlineData("https://user:password@vault.example/transit/behalf")]
    [InlineData("https://vault.example/behalf")]
    [InlineData("https://vault.example/transit/behalf?token=x")]
    public void TransitName_ThatIsNotOne_IsRefused(string name)
    {
        VaultTransitSource source = new();

        source.Invoking(sut => sut.Open(name)).Should().Throw<VaultSealedException>();
    }

    private IRootKey Root(string service) =>
        service == "transit"
            ? new VaultTransitSource().Open($"{Origin}/secrets/transit/behalf")
            : new AwsKmsRootKey(
                "alias/behalf",
                () =>
                    new AmazonKeyManagementServiceClient(
                        new BasicAWSCredentials("AKIAEXAMPLE", "example"),
                        new AmazonKeyManagementServiceConfig
                        {
                            ServiceURL = Origin,
                            AuthenticationRegion = "eu-central-1",
                            MaxErrorRetry = 0,
                        }
                    )
            );

    private static async Task<VaultSealedException> Refusal(Func<ValueTask<byte[]>> ask) =>
        (await FluentActions.Awaiting(async () => await ask()).Should().ThrowAsync<VaultSealedException>()).Which;

    // https://docs.aws.amazon.com/kms/latest/APIReference: JSON 1.1, the action in X-Amz-Target.
    private async Task KmsAsync(HttpContext http)
    {
        JsonNode request = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: Cancellation))!;
        http.Response.ContentType = "application/x-amz-json-1.1";
        if (_status != StatusCodes.Status200OK)
        {
            await FailAsync(http, _status, _status == 403 ? "AccessDeniedException" : "KMSInternalException");
            return;
        }

        http.Request.Headers.Authorization.ToString().Should().StartWith("AWS4-HMAC-SHA256 ");
        string key = request["KeyId"]!.GetValue<string>();
        string context = request["EncryptionContext"]!["behalf"]!.GetValue<string>();
        if (http.Request.Headers["X-Amz-Target"] == "TrentService.Encrypt")
        {
            string blob = Convert.ToBase64String(Encoding.UTF8.GetBytes(Hold(context, request["Plaintext"]!)));
            await AnswerAsync(http, new JsonObject { ["CiphertextBlob"] = blob, ["KeyId"] = key });
            return;
        }

        string ciphertext = Encoding.UTF8.GetString(
            Convert.FromBase64String(request["CiphertextBlob"]!.GetValue<string>())
        );
        if (_held.TryGetValue($"{context} {ciphertext}", out byte[]? clear))
        {
            await AnswerAsync(http, new JsonObject { ["Plaintext"] = Convert.ToBase64String(clear), ["KeyId"] = key });
            return;
        }

        await FailAsync(http, StatusCodes.Status400BadRequest, "InvalidCiphertextException");
    }

    // https://developer.hashicorp.com/vault/api-docs/secret/transit
    private async Task TransitAsync(HttpContext http, string verb)
    {
        JsonNode request = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: Cancellation))!;
        if (_status != StatusCodes.Status200OK || http.Request.Headers["X-Vault-Token"] != "transit-token")
        {
            http.Response.StatusCode = _status;
            await http.Response.WriteAsync("""{"errors":["no"]}""", Cancellation);
            return;
        }

        string context = request["associated_data"]!.GetValue<string>();
        if (verb == "encrypt")
        {
            await AnswerAsync(
                http,
                new JsonObject
                {
                    ["data"] = new JsonObject { ["ciphertext"] = $"vault:v1:{Hold(context, request["plaintext"]!)}" },
                }
            );
            return;
        }

        string ciphertext = request["ciphertext"]!.GetValue<string>();
        if (
            ciphertext.StartsWith("vault:v1:", StringComparison.Ordinal)
            && _held.TryGetValue($"{context} {ciphertext["vault:v1:".Length..]}", out byte[]? clear)
        )
        {
            await AnswerAsync(
                http,
                new JsonObject { ["data"] = new JsonObject { ["plaintext"] = Convert.ToBase64String(clear) } }
            );
            return;
        }

        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        await http.Response.WriteAsync("""{"errors":["cipher: message authentication failed"]}""", Cancellation);
    }

    private string Hold(string context, JsonNode plaintext)
    {
        string name = Guid.NewGuid().ToString("n");
        _held[$"{context} {name}"] = Convert.FromBase64String(plaintext.GetValue<string>());
        return name;
    }

    private static Task AnswerAsync(HttpContext http, JsonObject answer) =>
        http.Response.WriteAsync(answer.ToJsonString(JsonSerializerOptions.Default), Cancellation);

    private static Task FailAsync(HttpContext http, int status, string type)
    {
        http.Response.StatusCode = status;
        return AnswerAsync(http, new JsonObject { ["__type"] = type, ["message"] = "no" });
    }
}
