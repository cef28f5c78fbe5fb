using System.Collections.Specialized;
using System.Text.Json;
using System.Web;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Environments of one process have each their own people, clients and grants; the Host says which is meant.</summary>
public sealed class AuthorizationServerIsolationTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    private const string Host = "people.other.example";
    private const string Origin = $"https://{Host}";

    [Fact]
    public async Task ClientCodeRefreshSessionAndPushedRequest_AreNothingInAnotherEnvironment()
    {
        TestEnvironment other = await TestEnvironment.AddAsync(stage.Server, publicUrl: Origin);
        McpClientProgram home = await stage.ClientAsync();
        McpClientProgram abroad = (await stage.ClientAsync(environment: other.Slug)) with
        {
            Prepare = ToOther,
            Verifier = home.Verifier,
        };
        McpClientProgram homeAbroad = home with { Prepare = ToOther };
        Person alice = await stage.SignedInAsync("alice");
        JsonElement tokens = await home.TokensAsync(alice);
        string code = McpClientProgram.CodeOf((await alice.OpenAsync(home.AuthorizationRequest())).Location!);
        alice.Secrets.Enqueue(code);
        string pushed = (await home.PostAsync("/oauth/par", Pairs(home.Parameters())))
            .Json.GetProperty("request_uri")
            .GetString()!;
        Person traveller = stage.NewPerson("alice");
        traveller.TakeCookies(alice.Cookies);
        traveller.Host = Host;

        await IssuerDiffersAsync();
        await SessionIsNothingAsync(traveller, abroad);
        await ClientIsNothingAsync(traveller, homeAbroad, code, tokens);
        await GrantIsNothingAsync(abroad, code, tokens);
        await PushedRequestIsNothingAsync(traveller, abroad, home, pushed);
        (await stage.Server.SendAsync(WithHost("/api/v1/tools/scoped", tokens))).Status.Should().Be(401);

        using HttpRequestMessage visit = home.Visit(tokens).Request("tools/list", []);
        ToOther(visit);
        (await stage.Server.SendAsync(visit)).Status.Should().Be(401);

        // And all of it is as good as before at home.
        (await home.ExchangeAsync(code))
            .Status.Should()
            .Be(200);
        (await home.RefreshAsync(tokens.GetProperty("refresh_token").GetString()!)).Status.Should().Be(200);
        (await home.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(200);
        McpClientProgram.CodeOf((await alice.OpenAsync(Pushed(home, pushed))).Location!).Should().NotBeNull();
    }

    private async Task IssuerDiffersAsync()
    {
        using HttpRequestMessage request = WithHost("/.well-known/oauth-authorization-server/oauth", null);
        Reply metadata = await stage.Server.SendAsync(request);

        metadata.Json.GetProperty("issuer").GetString().Should().Be($"{Origin}/oauth");
        metadata.Json.GetProperty("protected_resources")[0].GetString().Should().Be($"{Origin}/mcp");
    }

    private async Task SessionIsNothingAsync(Person traveller, McpClientProgram abroad)
    {
        Page signIn = await traveller.OpenAsync(new Uri($"{stage.Url}/sign-in"));
        Page access = await traveller.OpenAsync(new Uri($"{stage.Url}/access"));
        Page authorize = await traveller.OpenAsync(abroad.AuthorizationRequest(("resource", $"{Origin}/mcp")));

        signIn.Body.Should().NotContain("alice").And.NotContain("id=\"signed-in\"");
        foreach (Page page in new[] { access, authorize })
        {
            page.Status.Should().Be(303, page.Body);
            page.Location!.ToString().Should().StartWith("/sign-in?");
        }
    }

    private static async Task ClientIsNothingAsync(
        Person traveller,
        McpClientProgram homeAbroad,
        string code,
        JsonElement tokens
    )
    {
        Page authorize = await traveller.OpenAsync(homeAbroad.AuthorizationRequest(("resource", $"{Origin}/mcp")));
        authorize.Status.Should().Be(400, authorize.Body);
        authorize.Location.Should().BeNull();
        foreach (
            Reply reply in new[]
            {
                await homeAbroad.ExchangeAsync(code),
                await homeAbroad.RefreshAsync(tokens.GetProperty("refresh_token").GetString()!),
            }
        )
        {
            reply.Status.Should().Be(401, reply.Body);
            reply.Json.GetProperty("error").GetString().Should().Be("invalid_client");
        }
    }

    /// <summary>Brought by a client of the other environment, which is known there.</summary>
    private static async Task GrantIsNothingAsync(McpClientProgram abroad, string code, JsonElement tokens)
    {
        foreach (
            Reply reply in new[]
            {
                await abroad.ExchangeAsync(code),
                await abroad.RefreshAsync(tokens.GetProperty("refresh_token").GetString()!),
            }
        )
        {
            reply.Status.Should().Be(400, reply.Body);
            reply.Json.GetProperty("error").GetString().Should().Be("invalid_grant");
        }

        foreach (string kind in new[] { "access_token", "refresh_token" })
        {
            await abroad.PostAsync(
                "/oauth/revoke",
                ("token", tokens.GetProperty(kind).GetString()),
                ("client_id", abroad.ClientId)
            );
        }
    }

    private async Task PushedRequestIsNothingAsync(
        Person traveller,
        McpClientProgram abroad,
        McpClientProgram home,
        string pushed
    )
    {
        Page unknownClient = await traveller.OpenAsync(Pushed(home, pushed));
        Page unknownRequest = await traveller.OpenAsync(Pushed(abroad, pushed));

        unknownClient.Status.Should().Be(400, unknownClient.Body);
        unknownClient.Location.Should().BeNull();
        NameValueCollection answer = HttpUtility.ParseQueryString(unknownRequest.Location!.Query);
        answer["error"].Should().Be("invalid_request_uri");
        answer["iss"].Should().Be($"{Origin}/oauth");
        answer["code"].Should().BeNull();
    }

    private Uri Pushed(McpClientProgram client, string requestUri) =>
        new($"{stage.Url}/oauth/authorize?client_id={client.ClientId}&request_uri={Uri.EscapeDataString(requestUri)}");

    private static void ToOther(HttpRequestMessage request) => request.Headers.Host = Host;

    private static HttpRequestMessage WithHost(string path, JsonElement? tokens)
    {
        HttpRequestMessage request = new(HttpMethod.Get, new Uri(path, UriKind.Relative));
        ToOther(request);
        if (tokens is { } given)
        {
            request.Headers.Authorization = new("Bearer", given.GetProperty("access_token").GetString());
        }

        return request;
    }

    private static (string, string?)[] Pairs(IEnumerable<KeyValuePair<string, string>> parameters) =>
        [.. parameters.Select(pair => (pair.Key, (string?)pair.Value))];
}
