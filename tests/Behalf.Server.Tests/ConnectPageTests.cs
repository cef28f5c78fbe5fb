using System.Text.RegularExpressions;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

public sealed partial class ConnectPageTests(TestServer server)
{
    [Fact]
    public async Task LinkPage_SaysWhoConnectsWhat_AndHoldsNoScript()
    {
        string link = await LinkAsync("alice@acme.com");

        Reply page = await server.SendAsync(HttpMethod.Get, link, token: null);

        page.Status.Should().Be(200, page.Body);
        page.Body.Should().Contain("alice@acme.com").And.Contain("Asana").And.Contain("id=\"continue\"");
        page.Body.Should().Contain("id=\"cancel\"").And.NotContain("<script").And.NotContain("style=");
        page.Headers["Content-Security-Policy"].Should().Contain("default-src 'none'").And.NotContain("unsafe");
        page.Headers["Content-Security-Policy"].Should().Contain("frame-ancestors 'none'");
        page.Headers["Cache-Control"].Should().Contain("no-store");
        page.Headers["X-Frame-Options"].Should().Be("DENY");
    }

    [Fact]
    public async Task Link_IsNotBurned_WhenItIsOnlyLookedAt()
    {
        string link = await LinkAsync("bob@acme.com");

        for (int i = 0; i < 3; i++)
        {
            (await server.SendAsync(HttpMethod.Get, link, token: null)).Status.Should().Be(200);
        }
    }

    [Fact]
    public async Task Button_LeadsToTheProvider_OnceAndWithACookieOfItsOwn()
    {
        string link = await LinkAsync("carol@acme.com");
        Form form = await FormAsync(link);

        Reply started = await PostAsync(link, form);
        Reply again = await PostAsync(link, form);

        started.Status.Should().Be(303, started.Body);
        Uri provider = new(started.Headers["Location"]);
        provider.GetLeftPart(UriPartial.Authority).Should().Be("http://127.0.0.1:9");
        provider.Query.Should().Contain("state=").And.Contain("code_challenge_method=S256");
        started
            .Headers["Set-Cookie"]
            .Should()
            .Contain("behalf-connect-")
            .And.Contain("httponly")
            .And.Contain("samesite=lax");
        again.Status.Should().Be(410);
    }

    [Fact]
    public async Task Button_DoesNothing_WithoutTheFormsToken()
    {
        string link = await LinkAsync("dave@acme.com");

        Reply forged = await PostAsync(link, new Form("nothing", "behalf-form=nothing"));

        forged.Status.Should().Be(400);
        (await server.SendAsync(HttpMethod.Get, link, token: null)).Status.Should().Be(200);
    }

    [Fact]
    public async Task Cancel_SpendsTheLink()
    {
        string link = await LinkAsync("erin@acme.com");

        Reply cancelled = await PostAsync($"{link}/cancel", await FormAsync(link));

        cancelled.Status.Should().Be(200, cancelled.Body);
        (await server.SendAsync(HttpMethod.Get, link, token: null)).Status.Should().Be(410);
    }

    [Fact]
    public async Task ProvidersRefusal_IsShownInert()
    {
        string link = await LinkAsync("frank@acme.com");
        Reply started = await PostAsync(link, await FormAsync(link));
        string state = State().Match(started.Headers["Location"]).Groups[1].Value;
        string redirect = Uri.UnescapeDataString(Redirect().Match(started.Headers["Location"]).Groups[1].Value);
        string cookie = started
            .Headers["Set-Cookie"]
            .Split('\n')
            .Single(c => c.StartsWith("behalf-connect-", StringComparison.Ordinal))
            .Split(';')[0];
        using HttpRequestMessage request = new(
            HttpMethod.Get,
            new Uri(
                $"{redirect}?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state={state}"
            )
        );
        request.Headers.Add("Cookie", cookie);

        Reply refused = await server.SendAsync(request);

        refused.Status.Should().Be(400);
        refused.Body.Should().Contain("access_denied").And.NotContain("<script");
    }

    [Theory]
    [InlineData("?state=a&state=b&code=x")]
    [InlineData("?state=unknown&code=x")]
    [InlineData("")]
    public async Task Callback_ShowsAnErrorPage_WhenTheStateIsNotOurs(string query)
    {
        Reply reply = await server.SendAsync(
            HttpMethod.Get,
            $"/sso/v1/oauth/conn_01m84njn2wf9k9rgwdw6p1gyw9/callback{query}",
            token: null
        );

        reply.Status.Should().Be(400);
        reply.Headers["Content-Type"].Should().StartWith("text/html");
    }

    [Theory]
    [InlineData("/magicLink/nothing", 404)]
    [InlineData("/connect/success", 200)]
    public async Task EveryPage_HasTheStrictHeaders(string path, int status)
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, path, token: null);

        reply.Status.Should().Be(status);
        reply.Headers["Content-Security-Policy"].Should().StartWith("default-src 'none'");
        reply.Headers["Referrer-Policy"].Should().Be("no-referrer");
        reply.Headers["Cache-Control"].Should().Contain("no-store");
    }

    private async Task<string> LinkAsync(string identifier)
    {
        string connection = await TestConnection.EnsureAsync(server);
        Reply link = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            server.ServiceToken,
            $$"""{"connector":"{{connection}}","identifier":"{{identifier}}"}"""
        );
        link.Status.Should().Be(200, link.Body);
        return new Uri(link.Json.GetProperty("link").GetString()!).AbsolutePath;
    }

    private async Task<Form> FormAsync(string link)
    {
        Reply page = await server.SendAsync(HttpMethod.Get, link, token: null);
        string token = HiddenToken().Match(page.Body).Groups[1].Value;
        return new Form(System.Net.WebUtility.HtmlDecode(token), page.Headers["Set-Cookie"].Split(';')[0]);
    }

    private async Task<Reply> PostAsync(string path, Form form)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Headers.Add("Cookie", form.Cookie);
        request.Content = new FormUrlEncodedContent([new("form_token", form.Token)]);
        return await server.SendAsync(request);
    }

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex HiddenToken();

    [GeneratedRegex("[?&]state=([^&]+)")]
    private static partial Regex State();

    [GeneratedRegex("[?&]redirect_uri=([^&]+)")]
    private static partial Regex Redirect();

    private sealed record Form(string Token, string Cookie);
}
