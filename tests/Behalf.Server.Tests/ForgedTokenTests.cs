using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Tools;

namespace Behalf.Server.Tests;

/// <summary>A right signature is not enough: tokens signed by the ring's own key that are wrong in one thing.</summary>
public sealed class ForgedTokenTests(TestServer server)
{
    private const string AnyPath = "/api/v1/connected_accounts";
    private const string ListTools = "/scalekit.v1.tools.ToolService/ListTools";

    [Fact]
    public async Task SignedToken_IsAccepted_WhenNothingIsChanged() =>
        (await server.SendAsync(HttpMethod.Get, AnyPath, Real().Sign())).Status.Should().Be(200);

    [Theory]
    [InlineData("exp", -1)]
    [InlineData("exp", 0)]
    [InlineData("nbf", 31)]
    [InlineData("nbf", 3600)]
    public async Task Token_IsRefused_OutsideItsTime(string claim, int seconds) =>
        await RefusedAsync(Real().With(claim, server.Time.GetUtcNow().ToUnixTimeSeconds() + seconds).Sign());

    [Theory]
    [InlineData("exp")]
    [InlineData("iss")]
    [InlineData("aud")]
    [InlineData("client_id")]
    [InlineData("behalf_kind")]
    [InlineData("behalf_env")]
    [InlineData("behalf_client_epoch")]
    public async Task Token_IsRefused_WithoutAClaimItNeeds(string claim)
    {
        RingToken token = Real();
        token.Claims.Remove(claim).Should().BeTrue();

        await RefusedAsync(token.Sign());
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("aud")]
    [InlineData("behalf_env")]
    public async Task Token_IsRefused_WithAnotherEnvironmentsClaim(string claim)
    {
        JsonNode foreign = new RingToken(server, server.ForeignToken).Claims[claim]!.DeepClone();

        await RefusedAsync(Real().With(claim, foreign).Sign());
    }

    [Fact]
    public async Task AnotherEnvironmentsClient_IsRefused_WhenItsTokenNamesThisOne()
    {
        RingToken token = new(server, server.ForeignToken);
        JsonObject ours = Real().Claims;
        foreach (string claim in new[] { "iss", "aud", "behalf_env" })
        {
            token.With(claim, ours[claim]!.DeepClone());
        }

        await RefusedAsync(token.Sign());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/keys")]
    [InlineData("#x")]
    public async Task Audience_IsExact(string more)
    {
        string audience = Real().Claims["aud"]!.GetValue<string>();

        await RefusedAsync(Real().With("aud", audience + more).Sign());
        await RefusedAsync(Real().With("aud", audience.ToUpperInvariant()).Sign());
        await RefusedAsync(Real().With("aud", new JsonArray(audience, "https://another.example")).Sign());
    }

    [Theory]
    [InlineData("JWT")]
    [InlineData("AT+JWT")]
    [InlineData("application/at+jwt")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Token_IsRefused_WithAnotherType(string? type)
    {
        RingToken token = Real();
        token.Header.Remove("typ");
        await RefusedAsync(type is null ? token.Sign() : token.WithHeader("typ", type).Sign());
    }

    [Theory]
    [InlineData("PS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("HS256")]
    [InlineData("none")]
    [InlineData("rs256")]
    public async Task Token_IsRefused_WithAnotherAlgorithm(string algorithm) =>
        await RefusedAsync(Real().WithHeader("alg", algorithm).Sign());

    [Theory]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("jwk")]
    [InlineData("x5c")]
    [InlineData("crit")]
    [InlineData("cty")]
    [InlineData("zip")]
    public async Task Token_IsRefusedWithoutAFetch_WhenItsHeaderPointsElsewhere(string name)
    {
        using TcpListener elsewhere = new(IPAddress.Loopback, 0);
        elsewhere.Start();
        string url = $"http://{elsewhere.LocalEndpoint}/keys";
        JsonNode value = name switch
        {
            "jwk" => new JsonObject { ["kty"] = "RSA" },
            "x5c" or "crit" => new JsonArray(url),
            _ => url,
        };

        await RefusedAsync(Real().WithHeader(name, value).Sign());
        await RefusedAsync(Real().WithHeader(name, value.DeepClone()).With("iss", url).Sign());

        elsewhere.Pending().Should().BeFalse();
    }

    [Theory]
    [InlineData("rk_unknown")]
    [InlineData("../../keys")]
    [InlineData("")]
    public async Task Token_IsRefused_WithAKeyWeDoNotHave(string key) =>
        await RefusedAsync(Real().WithHeader("kid", key).Sign());

    public static TheoryData<string, string> Malformed =>
        new()
        {
            { "behalf_client_epoch", "{}" },
            { "behalf_client_epoch", "[]" },
            { "behalf_client_epoch", "1.5" },
            { "behalf_client_epoch", "1e400" },
            { "behalf_client_epoch", "\"0\"" },
            { "behalf_client_epoch", "null" },
            { "behalf_kind", "{}" },
            { "behalf_kind", "\"root\"" },
            { "behalf_kind", "[\"service\"]" },
            { "behalf_env", "12" },
            { "behalf_env", "\"default\"" },
            { "client_id", "[]" },
            { "client_id", "\"\\u0000\"" },
            { "iss", "[]" },
            { "aud", "{}" },
            { "aud", "[]" },
            { "aud", "[[]]" },
            { "exp", "\"never\"" },
            { "exp", "1e400" },
            { "exp", "-99999999999999999999" },
            { "nbf", "{}" },
        };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Token_IsRefused_WhenAClaimIsOfAnotherShape(string claim, string json)
    {
        RingToken token = Real().With(claim, "«»");
        string claims = token.Claims.ToJsonString(Plain).Replace("\"«»\"", json, StringComparison.Ordinal);

        await RefusedAsync(token.Sign(token.Header.ToJsonString(), claims));
        string unsigned = token.Sign(token.Header.ToJsonString(), claims);
        await RefusedAsync(unsigned[..(unsigned.LastIndexOf('.') + 1)] + "AAAA");
    }

    [Theory]
    [InlineData("[]", "{}")]
    [InlineData("{}", "[]")]
    [InlineData("", "")]
    [InlineData("nothing", "{}")]
    [InlineData("{\"alg\":\"RS256\"", "{}")]
    [InlineData("{\"alg\":[\"RS256\"],\"typ\":\"at+jwt\"}", "{}")]
    [InlineData("{\"alg\":{},\"typ\":1,\"kid\":null}", "{}")]
    [InlineData("\ufeff{}", "{}")]
    public async Task Token_IsRefused_WhenItIsNoJson(string header, string claims)
    {
        await RefusedAsync(Real().Sign(header, claims));
        await RefusedAsync(Real().Sign(header, Real().Claims.ToJsonString()));
        await RefusedAsync(Real().Sign(Real().Header.ToJsonString(), claims));
    }

    [Fact]
    public async Task Token_IsRefused_WhenAHeaderComesTwice()
    {
        string header = Real().Header.ToJsonString();

        await RefusedAsync(Real().Sign(header[..^1] + ",\"alg\":\"none\"}", Real().Claims.ToJsonString()));
        await RefusedAsync(Real().Sign("{\"alg\":\"none\"," + header[1..], Real().Claims.ToJsonString()));
    }

    [Fact]
    public async Task Token_IsRefused_WhenItIsDeepOrLong()
    {
        string deep = new string('[', 2000) + new string(']', 2000);
        string claims = Real().Claims.ToJsonString();

        await RefusedAsync(Real().Sign(Real().Header.ToJsonString(), $"{claims[..^1]},\"deep\":{deep}}}"));
        await RefusedAsync(Real().Sign($"{Real().Header.ToJsonString()[..^1]},\"deep\":{deep}}}", claims));
        await RefusedAsync(Real().With("long", new string('x', 9000)).Sign());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1")]
    public async Task Token_IsRefused_WithAnotherEpochOfItsClient(string difference)
    {
        RingToken token = Real();
        long epoch = token.Claims["behalf_client_epoch"]!.GetValue<long>();

        await RefusedAsync(token.With("behalf_client_epoch", epoch + long.Parse(difference)).Sign());
    }

    [Theory]
    [InlineData("operator")]
    [InlineData("session")]
    public async Task ServiceToken_IsRefused_AsAnotherKind(string kind)
    {
        await RefusedAsync(Real().With("behalf_kind", kind).Sign());
        await RefusedAsync(Real().With("behalf_kind", kind).Sign(), "/api/v1/behalf/environments");
    }

    [Theory]
    [InlineData("sub")]
    [InlineData("client_id")]
    [InlineData("behalf_session")]
    [InlineData("behalf_incarnation")]
    [InlineData("behalf_user_epoch")]
    public async Task SessionToken_IsRefused_WhenItsUserIsAnother(string claim)
    {
        string alice = await SessionAsync(server, "alice-forged");
        string bob = await SessionAsync(server, "bob-forged");
        RingToken token = new(server, alice);
        JsonNode other = new RingToken(server, bob).Claims[claim]!.DeepClone();
        if (claim is "behalf_user_epoch" or "behalf_incarnation")
        {
            other = other.GetValue<long>() + 1;
        }

        await RefusedAsync(token.With(claim, other).Sign(), "/api/v1/tools/scoped");
        (await server.SendAsync(HttpMethod.Get, "/api/v1/tools/scoped?identifier=alice-forged", alice))
            .Status.Should()
            .Be(200);
    }

    [Fact]
    public async Task SessionToken_Ends_WithItsTime_AlsoWhenItSaysOtherwise()
    {
        await using TestServer own = new();
        await own.InitializeAsync();
        string token = await SessionAsync(own, "alice", ",\"ttl\":\"60s\"");
        string lasting = new RingToken(own, token)
            .With("exp", own.Time.GetUtcNow().AddHours(1).ToUnixTimeSeconds())
            .Sign();
        const string Path = "/api/v1/tools/scoped?identifier=alice";
        (await own.SendAsync(HttpMethod.Get, Path, token)).Status.Should().Be(200);
        (await own.SendAsync(HttpMethod.Get, Path, lasting)).Status.Should().Be(200);

        own.Time.Advance(TimeSpan.FromSeconds(60));

        (await own.SendAsync(HttpMethod.Get, Path, token)).Status.Should().Be(401);
        (await own.SendAsync(HttpMethod.Get, Path, lasting)).Status.Should().Be(401);
        (await own.SendAsync(HttpMethod.Get, AnyPath, own.ServiceToken)).Status.Should().Be(200);
        own.Time.Advance(TimeSpan.FromHours(1));
        (await own.SendAsync(HttpMethod.Get, AnyPath, own.ServiceToken)).Status.Should().Be(401);
    }

    [Fact]
    public async Task RemovedClient_EndsItsTokensItsSessionsAndTheirPairs()
    {
        Reply made = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/clients",
            server.OperatorToken,
            """{"environment":"default","name":"to be removed"}"""
        );
        made.Status.Should().Be(200, made.Body);
        string id = made.Json.GetProperty("client").GetProperty("client_id").GetString()!;
        string secret = made.Json.GetProperty("client_secret").GetString()!;
        string service = await server.TokenAsync(id, secret);
        Reply minted = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/user_sessions",
            service,
            """{"identifier":"alice-of-removed"}"""
        );
        JsonElement session = minted.Json;
        string pairId = session.GetProperty("client_id").GetString()!;
        string pairSecret = session.GetProperty("client_secret").GetString()!;
        string paired = await server.TokenAsync(pairId, pairSecret);

        Reply removed = await server.SendAsync(
            HttpMethod.Delete,
            $"/api/v1/behalf/clients/{id}?environment=default",
            server.OperatorToken
        );

        removed.Status.Should().Be(200, removed.Body);
        await RefusedAsync(service);
        await RefusedAsync(session.GetProperty("token").GetString()!, "/api/v1/tools/scoped");
        await RefusedAsync(paired, "/api/v1/tools/scoped");
        using HttpResponseMessage again = await server.RequestTokenAsync(id, secret);
        using HttpResponseMessage pairAgain = await server.RequestTokenAsync(pairId, pairSecret);
        again.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        pairAgain.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task UsersOldEpoch_IsRefused_AlsoInANewToken()
    {
        string old = await SessionAsync(server, "erin-forged");
        Reply signedOut = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/behalf/users:sign_out",
            server.ServiceToken,
            """{"identifier":"erin-forged"}"""
        );
        signedOut.Status.Should().Be(200, signedOut.Body);
        string fresh = await SessionAsync(server, "erin-forged");
        JsonObject now = new RingToken(server, fresh).Claims;
        const string Path = "/api/v1/tools/scoped?identifier=erin-forged";

        await RefusedAsync(old, Path);
        await RefusedAsync(
            new RingToken(server, old)
                .With("behalf_user_epoch", now["behalf_user_epoch"]!.DeepClone())
                .With("behalf_incarnation", now["behalf_incarnation"]!.DeepClone())
                .Sign(),
            Path
        );
        (await server.SendAsync(HttpMethod.Get, Path, fresh)).Status.Should().Be(200);
    }

    private static System.Text.Json.JsonSerializerOptions Plain { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static async Task<string> SessionAsync(TestServer server, string identifier, string extra = "") =>
        (await server.SessionAsync(identifier, extra)).GetProperty("token").GetString()!;

    private RingToken Real() => new(server, server.ServiceToken);

    /// <summary>Both doors refuse it alike.</summary>
    private async Task RefusedAsync(string token, string path = AnyPath)
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, path, token);
        GrpcReply grpc = await GrpcCall.SendAsync(server, ListTools, new ListToolsRequest(), token);

        reply.Status.Should().Be(401, reply.Body);
        reply.ErrorCode.Should().Be("invalid_token");
        reply.Headers["WWW-Authenticate"].Should().Be("Bearer error=\"invalid_token\"");
        grpc.Status.Should().Be(16);
        grpc.Error.ErrorCode.Should().Be("invalid_token");
    }
}
