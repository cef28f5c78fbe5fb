using System.Collections.Specialized;
using System.Net;
using System.Web;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Wrong authorization requests of clients that are known, and requests that were pushed before.</summary>
public sealed class AuthorizationRequestTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    [Theory]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", null, "invalid_request")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", null, "invalid_request")]
    [InlineData("response_mode", "fragment", "invalid_request")]
    [InlineData("resource", "https://other.example/mcp", "invalid_target")]
    public async Task ErrorOfAKnownClient_GoesToTheClient_WithStateAndIssuer(string name, string? value, string error)
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");

        Page page = await alice.OpenAsync(client.AuthorizationRequest((name, value)));

        page.Status.Should().BeOneOf([302, 303], page.Body);
        page.Location!.GetLeftPart(UriPartial.Path).Should().Be(client.RedirectUri);
        page.Location.Fragment.Should().BeEmpty("an error is where the client looks for it");
        NameValueCollection query = HttpUtility.ParseQueryString(page.Location.Query);
        query["error"].Should().Be(error);
        query["state"].Should().Be(client.State);
        query["iss"].Should().Be($"{stage.Url}/oauth");
        query["code"].Should().BeNull();
    }

    [Fact]
    public async Task SecondResource_IsRefused_BesideTheRightOne()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");

        Page page = await alice.OpenAsync(
            new Uri($"{client.AuthorizationRequest()}&resource={Uri.EscapeDataString("https://other.example/mcp")}")
        );

        HttpUtility.ParseQueryString(page.Location!.Query)["error"].Should().Be("invalid_target");
    }

    [Fact]
    public async Task ErrorOfAClientThatNobodyVouchesFor_IsNotFollowed_WhileNobodyIsSignedIn()
    {
        McpClientProgram client = await McpClientProgram.RegisterAsync(
            stage.Server,
            "https://client.example/callback?kept=1"
        );
        Uri request = client.AuthorizationRequest(("code_challenge", null));

        Page stranger = await stage.NewPerson("stranger").OpenAsync(request);
        Page alice = await (await stage.SignedInAsync("alice")).OpenAsync(request);

        stranger.Status.Should().Be(400, stranger.Body);
        stranger.Location.Should().BeNull("we lead nobody anywhere for somebody unknown");
        string body = WebUtility.HtmlDecode(stranger.Body);
        body.Should().Contain("Tell the client, at client.example");
        body.Should().Contain("href=\"https://client.example/callback?kept=1&error=invalid_request");
        body.Should().Contain($"iss={Uri.EscapeDataString($"{stage.Url}/oauth")}");
        alice.Location!.AbsoluteUri.Should().StartWith("https://client.example/callback?kept=1&");
    }

    [Fact]
    public async Task PushedRequest_IsJudgedWhenItIsPushed_AndBoundToItsClient()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        McpClientProgram other = await stage.ClientAsync();

        Reply pushed = await client.PostAsync("/oauth/par", [.. Pairs(client.Parameters())]);
        pushed.Status.Should().Be(201, pushed.Body);
        string uri = pushed.Json.GetProperty("request_uri").GetString()!;
        Uri own = new(
            $"{stage.Url}/oauth/authorize?client_id={client.ClientId}&request_uri={Uri.EscapeDataString(uri)}"
        );
        Page stolen = await alice.OpenAsync(
            new Uri($"{stage.Url}/oauth/authorize?client_id={other.ClientId}&request_uri={Uri.EscapeDataString(uri)}")
        );
        Uri answer = await client.AllowAsync(alice, own);
        Reply wrong = await client.PostAsync(
            "/oauth/par",
            [.. Pairs(client.Parameters(("redirect_uri", "https://evil.example/")))]
        );

        stolen.Location!.GetLeftPart(UriPartial.Path).Should().Be(other.RedirectUri);
        HttpUtility.ParseQueryString(stolen.Location.Query)["error"].Should().NotBeNull();
        HttpUtility.ParseQueryString(stolen.Location.Query)["code"].Should().BeNull();
        wrong.Status.Should().Be(400, wrong.Body);
        (await client.ExchangeAsync(McpClientProgram.CodeOf(answer))).Status.Should().Be(200);
    }

    [Fact]
    public async Task PushedRequest_GivesOneCodeAtMost()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        Reply pushed = await client.PostAsync("/oauth/par", [.. Pairs(client.Parameters())]);
        string uri = Uri.EscapeDataString(pushed.Json.GetProperty("request_uri").GetString()!);
        Uri request = new($"{stage.Url}/oauth/authorize?client_id={client.ClientId}&request_uri={uri}");
        Uri answer = await client.AllowAsync(alice, request);

        Page again = await alice.OpenAsync(request);

        McpClientProgram.CodeOf(answer).Should().NotBeNullOrEmpty();
        NameValueCollection query = HttpUtility.ParseQueryString(again.Location!.Query);
        query["code"].Should().BeNull();
        query["error"].Should().Be("invalid_request");
        query["iss"].Should().Be($"{stage.Url}/oauth");
        (await client.ExchangeAsync(McpClientProgram.CodeOf(answer))).Status.Should().Be(200, "the first one stands");
    }

    private async Task<(McpClientProgram Client, Person Browser)> BeginAsync(string user) =>
        (await stage.ClientAsync(), await stage.SignedInAsync(user));

    private static (string, string?)[] Pairs(IEnumerable<KeyValuePair<string, string>> parameters) =>
        [.. parameters.Select(pair => (pair.Key, (string?)pair.Value))];
}
