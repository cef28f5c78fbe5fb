using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Access tokens of people's grants, signed by the ring's own key and wrong in one thing.</summary>
public sealed class GrantTokenTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    [Fact]
    public async Task GrantToken_IsAccepted_WhenNothingIsChanged() =>
        (await VisitAsync((await RealAsync("alice")).Sign())).Status.Should().Be(200);

    [Theory]
    [InlineData("/")]
    [InlineData("/x")]
    [InlineData("#x")]
    [InlineData("?x")]
    public async Task GrantToken_IsRefused_ForAnotherAudience(string more)
    {
        RingToken token = await RealAsync("alice");
        string audience = token.Claims["aud"]!.GetValue<string>();

        await RefusedAsync(token.With("aud", audience + more).Sign());
        await RefusedAsync(token.With("aud", new JsonArray(audience, audience + more)).Sign());
        await RefusedAsync(token.With("aud", audience.ToUpperInvariant()).Sign());
        await RefusedAsync(token.With("aud", stage.Url).Sign());
        await RefusedAsync(token.With("aud", null).Sign());
    }

    [Theory]
    [InlineData("iss")]
    [InlineData("sub")]
    [InlineData("exp")]
    [InlineData("client_id")]
    [InlineData("behalf_kind")]
    [InlineData("behalf_env")]
    [InlineData("behalf_grant")]
    [InlineData("behalf_user_epoch")]
    [InlineData("behalf_incarnation")]
    public async Task GrantToken_IsRefused_WithoutAClaimItNeeds(string claim)
    {
        RingToken token = await RealAsync("alice");
        token.Claims.Remove(claim).Should().BeTrue();

        await RefusedAsync(token.Sign());
    }

    [Theory]
    [InlineData("service")]
    [InlineData("operator")]
    [InlineData("session")]
    [InlineData("mcp_session")]
    [InlineData("Person")]
    public async Task GrantToken_IsRefused_AsAnotherKind(string kind) =>
        await RefusedAsync((await RealAsync("alice")).With("behalf_kind", kind).Sign());

    [Theory]
    [InlineData("JWT")]
    [InlineData("mcp-session+jwt")]
    [InlineData("AT+JWT")]
    [InlineData("")]
    public async Task GrantToken_IsRefused_WithAnotherType(string type) =>
        await RefusedAsync((await RealAsync("alice")).WithHeader("typ", type).Sign());

    [Theory]
    [InlineData("behalf_user_epoch", -1)]
    [InlineData("behalf_user_epoch", 1)]
    [InlineData("behalf_incarnation", 1)]
    public async Task GrantToken_IsRefused_OfAnotherEpoch(string claim, int difference)
    {
        RingToken token = await RealAsync("alice");

        await RefusedAsync(token.With(claim, token.Claims[claim]!.GetValue<long>() + difference).Sign());
    }

    /// <summary>Each claim alone, and all that make up who it is for.</summary>
    [Theory]
    [InlineData("sub")]
    [InlineData("behalf_grant")]
    [InlineData("sub", "behalf_user_epoch", "behalf_incarnation")]
    public async Task GrantToken_IsRefused_OnAnotherPersonsGrant(params string[] claims)
    {
        RingToken alices = await RealAsync("alice");
        RingToken bobs = await RealAsync("bob");
        foreach (string claim in claims)
        {
            alices.With(claim, bobs.Claims[claim]!.DeepClone());
        }

        await RefusedAsync(alices.Sign());
    }

    [Fact]
    public async Task GrantToken_IsRefused_OnAGrantThatNobodyGave() =>
        await RefusedAsync(
            (await RealAsync("alice")).With("behalf_grant", EntityId.New<GrantId>(stage.Server.Time).ToString()).Sign(),
            (await RealAsync("alice")).With("behalf_grant", "").Sign()
        );

    [Theory]
    [InlineData("jku")]
    [InlineData("x5u")]
    [InlineData("jwk")]
    [InlineData("crit")]
    public async Task GrantToken_IsRefusedWithoutAFetch_WhenItsHeaderPointsElsewhere(string name)
    {
        using TcpListener elsewhere = new(IPAddress.Loopback, 0);
        elsewhere.Start();
        string url = $"http://{elsewhere.LocalEndpoint}/keys";
        JsonNode value = name switch
        {
            "jwk" => new JsonObject { ["kty"] = "RSA" },
            "crit" => new JsonArray(url),
            _ => url,
        };

        await RefusedAsync(
            (await RealAsync("alice")).WithHeader(name, value).Sign(),
            (await RealAsync("alice")).WithHeader(name, value.DeepClone()).With("iss", url).Sign()
        );

        elsewhere.Pending().Should().BeFalse();
    }

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("PS256")]
    public async Task GrantToken_IsRefused_WithAnotherAlgorithm(string algorithm) =>
        await RefusedAsync((await RealAsync("alice")).WithHeader("alg", algorithm).Sign());

    [Fact]
    public async Task Token_EndsAfterFifteenMinutes()
    {
        string token = (await RealAsync("bob")).Sign();
        (await VisitAsync(token)).Status.Should().Be(200);

        stage.Server.Time.Advance(TimeSpan.FromSeconds((15 * 60) - 1));
        (await VisitAsync(token)).Status.Should().Be(200);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(1));

        await RefusedAsync(token);
    }

    private async Task<RingToken> RealAsync(string user)
    {
        McpClientProgram client = await stage.ClientAsync();
        JsonElement tokens = await client.TokensAsync(await stage.SignedInAsync(user));
        return new RingToken(stage.Server, tokens.GetProperty("access_token").GetString()!);
    }

    private Task<Reply> VisitAsync(string token) =>
        new Visitor(stage.Server, new Uri($"{stage.Url}/mcp"), "mcp", token, "2026-07-28").SendAsync("tools/list", []);

    private async Task RefusedAsync(params string[] tokens)
    {
        foreach (string token in tokens)
        {
            Reply reply = await VisitAsync(token);
            reply.Status.Should().Be(401, reply.Body);
            reply
                .Headers["WWW-Authenticate"]
                .Should()
                .Contain("error=\"invalid_token\"")
                .And.Contain("resource_metadata=");
        }
    }
}
