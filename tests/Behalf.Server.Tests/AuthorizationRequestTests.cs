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
        Uri silent = client.AuthorizationRequest(("prompt", "none"));

        Page unseen = await stage.NewPerson("stranger").OpenAsync(silent);
        Page stranger = await stage.NewPerson("stranger").OpenAsync(request);
        Page alice = await (await stage.SignedInAsync("alice")).OpenAsync(request);

        stranger.Status.Should().Be(400, stranger.Body);
        stranger.Location.Should().BeNull("we lead nobody anywhere for somebody unknown");
        string body = WebUtility.HtmlDecode(stranger.Body);
        body.Should().Contain("Tell the client, at client.example");
        body.Should().Contain("href=\"https://client.example/callback?kept=1&error=invalid_request");
        body.Should().Contain($"iss={Uri.EscapeDataString($"{stage.Url}/oauth")}");
        unseen.Status.Should().Be(400, unseen.Body);
        unseen.Location.Should().BeNull("prompt=none is no way around it");
        WebUtility
            .HtmlDecode(unseen.Body)
            .Should()
            .Contain("href=\"https://client.example/callback?kept=1&error=login_required")
            .And.Contain($"state={Uri.EscapeDataString(client.State)}");
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

    [Fact]
    public async Task PushedRequest_HasOneSpelling()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        Reply pushed = await client.PostAsync("/oauth/par", [.. Pairs(client.Parameters())]);
        string uri = pushed.Json.GetProperty("request_uri").GetString()!;
        Uri answer = await client.AllowAsync(alice, Of(client, uri));
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        int last = Alphabet.IndexOf(uri[^1], StringComparison.Ordinal);
        string[] spellings =
        [
            $"{uri}=",
            $"{uri}==",
            $"{uri} ",
            $"{uri}\n",
            uri.Insert(uri.Length - 8, " "),
            uri.Insert(uri.Length - 8, "\r\n"),
            uri.Replace("urn:ietf", "URN:IETF", StringComparison.Ordinal),
            .. Enumerable.Range(1, 3).Select(n => uri[..^1] + Alphabet[last ^ n]), // bits beyond the last byte
        ];

        foreach (string spelling in spellings)
        {
            Page page = await alice.OpenAsync(Of(client, spelling));
            string query = page.Location?.IsAbsoluteUri == true ? page.Location.Query : "";
            HttpUtility.ParseQueryString(query)["code"].Should().BeNull(spelling);
            page.Body.Should().NotContain("id=\"consent\"", spelling);
        }

        (await client.ExchangeAsync(McpClientProgram.CodeOf(answer))).Status.Should().Be(200);
    }

    [Fact]
    public async Task PushedRequest_EndsAfterItsTime()
    {
        (McpClientProgram client, Person alice) = await BeginAsync("alice");
        Reply pushed = await client.PostAsync("/oauth/par", [.. Pairs(client.Parameters())]);
        Uri request = Of(client, pushed.Json.GetProperty("request_uri").GetString()!);
        int lifetime = pushed.Json.GetProperty("expires_in").GetInt32();
        (await alice.OpenAsync(request)).Status.Should().Be(200);

        stage.Server.Time.Advance(TimeSpan.FromSeconds(lifetime + 1));
        Page late = await alice.OpenAsync(request);

        lifetime.Should().BeInRange(1, 600);
        late.Body.Should().NotContain("id=\"consent\"");
        string query = late.Location?.IsAbsoluteUri == true ? late.Location.Query : "";
        HttpUtility.ParseQueryString(query)["code"].Should().BeNull();
    }

    private Uri Of(McpClientProgram client, string requestUri) =>
        new($"{stage.Url}/oauth/authorize?client_id={client.ClientId}&request_uri={Uri.EscapeDataString(requestUri)}");

    private async Task<(McpClientProgram Client, Person Browser)> BeginAsync(string user) =>
        (await stage.ClientAsync(), await stage.SignedInAsync(user));

    private static (string, string?)[] Pairs(IEnumerable<KeyValuePair<string, string>> parameters) =>
        [.. parameters.Select(pair => (pair.Key, (string?)pair.Value))];
}
