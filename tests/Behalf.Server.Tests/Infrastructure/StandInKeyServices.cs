using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>AWS KMS and Vault's transit engine at one address: stand-ins that speak the published APIs.</summary>
internal sealed class StandInKeyServices : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, byte[]> _held = new(StringComparer.Ordinal);
    private WebApplication? _app;

    /// <value>Other than 200: what everything is answered with.</value>
    public int Status { get; set; } = StatusCodes.Status200OK;

    public string Origin => App.Urls.Single();

    private WebApplication App => _app ?? throw new InvalidOperationException("Not started.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/", KmsAsync);
        _app.MapPost("/v1/secrets/transit/{verb}/behalf", TransitAsync);
        await _app.StartAsync(Cancellation);
        Environment.SetEnvironmentVariable("VAULT_TOKEN", "transit-token");
    }

    public Task StopAsync() => App.StopAsync(Cancellation);

    public ValueTask DisposeAsync() => App.DisposeAsync();

    // https://docs.aws.amazon.com/kms/latest/APIReference: JSON 1.1, the action in X-Amz-Target.
    private async Task KmsAsync(HttpContext http)
    {
        JsonNode request = (await JsonNode.ParseAsync(http.Request.Body, cancellationToken: Cancellation))!;
        http.Response.ContentType = "application/x-amz-json-1.1";
        if (Status != StatusCodes.Status200OK)
        {
            await FailAsync(http, Status, Status == 403 ? "AccessDeniedException" : "KMSInternalException");
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
        if (Status != StatusCodes.Status200OK || http.Request.Headers["X-Vault-Token"] != "transit-token")
        {
            http.Response.StatusCode = Status;
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
