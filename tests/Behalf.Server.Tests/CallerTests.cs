using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Behalf.Server.Doors;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Tools;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Behalf.Server.Tests;

public sealed class CallerTests(TestServer server)
{
    private const string ListTools = "/scalekit.v1.tools.ToolService/ListTools";
    private const string AnyPath = "/api/v1/connected_accounts";

    [Theory]
    [InlineData("GET", "/api/v1/nothing_of_this_name")]
    [InlineData("PATCH", "/api/v1/execute_tool")]
    public async Task UnknownPath_SaysThatThereIsNothing(string method, string path)
    {
        Reply reply = await server.SendAsync(new HttpMethod(method), path, token: null);

        reply.Status.Should().Be(404);
        reply.ErrorCode.Should().Be("not_found");
    }

    [Fact]
    public async Task EveryEndpoint_RefusesTheCaller_WhenNoCredentialIsSent()
    {
        List<RouteEndpoint> guarded =
        [
            .. server
                .Server.Services.GetRequiredService<EndpointDataSource>()
                .Endpoints.OfType<RouteEndpoint>()
                .Where(endpoint => endpoint.Metadata.GetMetadata<IAccessDeclaration>() is AcceptsAttribute),
        ];
        guarded.Should().HaveCountGreaterThan(60);
        foreach (RouteEndpoint endpoint in guarded)
        {
            string path = System.Text.RegularExpressions.Regex.Replace(
                endpoint.RoutePattern.RawText!,
                "\\{[^}]*\\}",
                "x"
            );
            string method = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0] ?? "POST";
            if (path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("api/", StringComparison.Ordinal))
            {
                Reply reply = await server.SendAsync(new HttpMethod(method), "/" + path.TrimStart('/'), token: null);
                reply.Status.Should().Be(401, path);
            }
            else
            {
                GrpcReply reply = await GrpcCall.SendAsync(server, "/" + path.TrimStart('/'), new ListToolsRequest());
                reply.Status.Should().Be(16, path);
                reply.Error.ErrorCode.Should().Be("unauthenticated");
            }
        }
    }

    [Theory]
    [InlineData("alg-none")]
    [InlineData("key-confused")]
    [InlineData("foreign-audience")]
    [InlineData("foreign-key")]
    [InlineData("jku")]
    [InlineData("wrong-type")]
    [InlineData("altered")]
    [InlineData("garbage")]
    public async Task Caller_IsRefused_WhenTheTokenIsForged(string forgery)
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, AnyPath, await ForgeAsync(forgery));

        reply.Status.Should().Be(401);
        reply.ErrorCode.Should().Be("invalid_token");
        reply.Headers["WWW-Authenticate"].Should().StartWith("Bearer");
    }

    [Fact]
    public async Task Caller_IsRefused_WhenTwoCredentialsComeWithOneRequest()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(AnyPath, UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {server.ServiceToken}");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {server.ServiceToken}");

        Reply reply = await server.SendAsync(request);

        reply.Status.Should().Be(401);
    }

    [Fact]
    public async Task Caller_IsRefused_WhenTheTokenIsInTheQuery()
    {
        Reply alone = await server.SendAsync(HttpMethod.Get, $"{AnyPath}?access_token={server.ServiceToken}", null);
        Reply beside = await server.SendAsync(
            HttpMethod.Get,
            $"{AnyPath}?access_token={server.ServiceToken}",
            server.ServiceToken
        );

        alone.Status.Should().Be(401);
        beside.Status.Should().Be(400);
    }

    [Fact]
    public async Task GrpcCaller_IsAccepted_WhenTheOtherTokenIsOldOrBroken()
    {
        GrpcReply reply = await GrpcCall.SendAsync(
            server,
            ListTools,
            new ListToolsRequest(),
            "old",
            server.ServiceToken
        );

        reply.Status.Should().Be(0);
    }

    [Fact]
    public async Task GrpcCaller_IsRefused_WhenTheTokensAreOfTwoPrincipals()
    {
        GrpcReply reply = await GrpcCall.SendAsync(
            server,
            ListTools,
            new ListToolsRequest(),
            server.ServiceToken,
            server.ForeignToken
        );

        reply.Status.Should().Be(16);
        reply.Error.ErrorCode.Should().Be("ambiguous_credentials");
    }

    [Fact]
    public async Task Caller_IsRefused_WhenTheCredentialIsOfTheWrongKind()
    {
        JsonElement session = await server.SessionAsync("alice");
        string user = session.GetProperty("token").GetString()!;

        (await server.SendAsync(HttpMethod.Get, AnyPath, server.OperatorToken)).Status.Should().Be(403);
        (await server.SendAsync(HttpMethod.Get, "/api/v1/behalf/clients", server.ServiceToken)).Status.Should().Be(403);
        (await server.SendAsync(HttpMethod.Get, "/api/v1/behalf/audit", user)).Status.Should().Be(403);
        Reply mint = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            user,
            """{"identifier":"alice"}"""
        );
        mint.Status.Should().Be(403);
        mint.ErrorCode.Should().Be("wrong_credential_type");
    }

    [Fact]
    public async Task UnknownGrpcMethod_SaysSoWithDetails()
    {
        GrpcReply reply = await GrpcCall.SendAsync(server, "/scalekit.v1.nothing.Service/Call", new ListToolsRequest());

        reply.Status.Should().Be(12);
        reply.Error.ErrorCode.Should().Be("unimplemented");
    }

    private async Task<string> ForgeAsync(string forgery)
    {
        JsonWebToken real = new(server.ServiceToken);
        string keys = await server.Http.GetStringAsync(
            new Uri("/keys", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        using RSA foreign = RSA.Create(2048);
        switch (forgery)
        {
            case "alg-none":
                string header = Base64UrlEncoder.Encode($$"""{"alg":"none","typ":"at+jwt","kid":"{{real.Kid}}"}""");
                return $"{header}.{real.EncodedPayload}.";
            case "key-confused":
                // HMAC under the published key set: what a verifier that mixes up kinds of keys would accept.
                return Sign(
                    real,
                    $$"""{"alg":"HS256","typ":"at+jwt","kid":"{{real.Kid}}"}""",
                    data => HMACSHA256.HashData(Encoding.UTF8.GetBytes(keys), data)
                );
            case "foreign-audience":
                return server.ForeignToken.Split('.') is [var h, var p, _] ? $"{h}.{p}.{real.EncodedSignature}" : "";
            case "foreign-key":
                return Sign(real, Text(real.EncodedHeader), Rs256(foreign));
            case "jku":
                return Sign(
                    real,
                    $$"""{"alg":"RS256","typ":"at+jwt","kid":"{{real.Kid}}","jku":"{{server.Server.Url}}/keys"}""",
                    Rs256(foreign)
                );
            case "wrong-type":
                return Sign(real, $$"""{"alg":"RS256","typ":"JWT","kid":"{{real.Kid}}"}""", Rs256(foreign));
            case "altered":
                string payload = Text(real.EncodedPayload)
                    .Replace("\"service\"", "\"operator\"", StringComparison.Ordinal);
                return $"{real.EncodedHeader}.{Base64UrlEncoder.Encode(payload)}.{real.EncodedSignature}";
            default:
                return "garbage";
        }
    }

    private static string Sign(JsonWebToken real, string header, Func<byte[], byte[]> sign)
    {
        string content = $"{Base64UrlEncoder.Encode(header)}.{real.EncodedPayload}";
        return $"{content}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    private static Func<byte[], byte[]> Rs256(RSA key) =>
        data => key.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static string Text(string encoded) => Base64UrlEncoder.Decode(encoded);
}
