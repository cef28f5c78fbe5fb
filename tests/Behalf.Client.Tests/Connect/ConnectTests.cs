using System.Net;
using System.Text.Json;
using System.Web;
using Behalf.Client.AspNetCore;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Behalf.Client.Tests.Connect;

/// <summary>The application's side of the connect walk, with everybody who might disturb it.</summary>
public sealed class ConnectTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private TestApplication _application = null!;

    public async ValueTask InitializeAsync() => _application = await TestApplication.StartAsync(stage);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    [Fact]
    public async Task WhoeverBegan_IsConnected_AndLandsWhereTheyStarted()
    {
        var alice = await SignInAsync("alice-begins");
        var back = await ReturnAsync(alice, await BeginAsync(alice, "/settings?tab=accounts"));

        var landed = await alice.OpenAsync(back);

        landed.Status.Should().Be(303, landed.Body);
        landed.Location!.OriginalString.Should().Be("/settings?tab=accounts");
        (await StatusAsync("alice-begins")).Should().Be("ACTIVE");
    }

    [Fact]
    public async Task AForwardedLink_FinishedByAnother_ConnectsNobody_AndTheAuditNamesBoth()
    {
        var alice = await SignInAsync("alice-forwards");
        var bob = await SignInAsync("bob-finishes");
        var back = await ReturnAsync(bob, await BeginAsync(alice));

        var refused = await bob.OpenAsync(back);
        var late = await alice.OpenAsync(back);

        refused.Status.Should().Be(403, refused.Body);
        late.Status.Should().Be(409, late.Body);
        (await StatusAsync("alice-forwards")).Should().NotBe("ACTIVE");
        (await StatusAsync("bob-finishes")).Should().BeNull();
        var denials = await stage.AuditAsync("kind=denial&identifier=alice-forwards");
        denials
            .Should()
            .ContainSingle()
            .Which.GetProperty("detail")
            .GetString()
            .Should()
            .Contain("alice-forwards")
            .And.Contain("bob-finishes");
    }

    [Fact]
    public async Task TheSamePersonInAnotherBrowser_IsRefused_AndTheAttemptIsOver()
    {
        var laptop = await SignInAsync("alice-moves");
        var phone = await SignInAsync("alice-moves");
        var back = await ReturnAsync(phone, await BeginAsync(laptop));

        var refused = await phone.OpenAsync(back);
        var late = await laptop.OpenAsync(back);

        refused.Status.Should().Be(403, refused.Body);
        late.Status.Should().Be(409, late.Body);
        (await StatusAsync("alice-moves")).Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task AnotherUserOfTheSameBrowser_IsRefused()
    {
        var browser = await SignInAsync("alice-leaves");
        var back = await ReturnAsync(browser, await BeginAsync(browser));
        await browser.OpenAsync(_application.At("/sign-in?as=bob-takes-over"));

        var refused = await browser.OpenAsync(back);

        refused.Status.Should().Be(403, refused.Body);
        (await StatusAsync("alice-leaves")).Should().NotBe("ACTIVE");
        (await StatusAsync("bob-takes-over")).Should().BeNull();
    }

    [Fact]
    public async Task SomeoneElsesReturn_WithAnOwnLiveState_ConnectsNobody()
    {
        var alice = await SignInAsync("alice-lured");
        var mallory = await SignInAsync("mallory-lures");
        var own = await ReturnAsync(alice, await BeginAsync(alice));
        var foreign = await ReturnAsync(mallory, await BeginAsync(mallory));

        var refused = await alice.OpenAsync(
            _application.At(
                $"/behalf/connected?auth_request_id={Query(foreign, "auth_request_id")}&state={Query(own, "state")}"
            )
        );

        refused.Status.Should().Be(403, refused.Body);
        (await StatusAsync("alice-lured")).Should().NotBe("ACTIVE");
        (await StatusAsync("mallory-lures")).Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task AnOwnReturn_WithSomeoneElsesState_IsRefused()
    {
        var alice = await SignInAsync("alice-mixed");
        var mallory = await SignInAsync("mallory-mixes");
        var own = await ReturnAsync(alice, await BeginAsync(alice));
        var foreign = await ReturnAsync(mallory, await BeginAsync(mallory));

        var refused = await alice.OpenAsync(
            _application.At(
                $"/behalf/connected?auth_request_id={Query(own, "auth_request_id")}&state={Query(foreign, "state")}"
            )
        );

        refused.Status.Should().Be(403, refused.Body);
        (await StatusAsync("alice-mixed")).Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task AReturn_IsGoodOnce_EvenWithTheCookieReplayed()
    {
        var alice = await SignInAsync("alice-once");
        var back = await ReturnAsync(alice, await BeginAsync(alice));
        var cookies = alice.Cookies;

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RawAsync(back, cookies)));

        answers.Count(status => status == HttpStatusCode.SeeOther).Should().Be(1);
        answers.Count(status => status == HttpStatusCode.Conflict).Should().Be(19);
        (await StatusAsync("alice-once")).Should().Be("ACTIVE");
    }

    [Fact]
    public async Task NobodySignedIn_IsSentToTheLogin_AndNothingIsConfirmed()
    {
        var alice = await SignInAsync("alice-signs-out");
        var back = await ReturnAsync(alice, await BeginAsync(alice));

        var status = await RawAsync(back, "nothing=here");

        status.Should().Be(HttpStatusCode.Redirect);
        (await StatusAsync("alice-signs-out")).Should().Be("PENDING_VERIFICATION");
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("/\t/evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("settings")]
    public async Task AReturnUrlOfAnotherSite_CountsAsNone(string returnUrl)
    {
        var alice = await SignInAsync("alice-redirected");
        var back = await ReturnAsync(alice, await BeginAsync(alice, returnUrl));

        var landed = await alice.OpenAsync(back);

        landed.Status.Should().Be(303, landed.Body);
        landed.Location!.OriginalString.Should().Be("/");
    }

    [Fact]
    public async Task AForgedStart_BeginsNothing()
    {
        var alice = await SignInAsync("alice-forged");
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, _application.At("/behalf/connect/tracker"));
        request.Headers.Add("Cookie", alice.Cookies);
        request.Content = new FormUrlEncodedContent([]);

        using var refused = await http.SendAsync(request, _token);

        refused.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        refused.Headers.Contains("Set-Cookie").Should().BeFalse();
        (await StatusAsync("alice-forged")).Should().BeNull();
    }

    [Fact]
    public async Task LookingAtTheStartPage_BeginsNothing()
    {
        var alice = await SignInAsync("alice-looks");

        var page = await alice.OpenAsync(_application.At("/behalf/connect/tracker?returnUrl=\"><script>"));

        page.Status.Should().Be(200);
        page.Body.Should().Contain("alice-looks").And.NotContain("<script>");
        (await StatusAsync("alice-looks")).Should().BeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?auth_request_id=x")]
    [InlineData("?state=x")]
    [InlineData("?auth_request_id=x&auth_request_id=y&state=z")]
    [InlineData("?auth_request_id=x&state=y&state=z")]
    public async Task AReturnThatIsNoReturn_IsAnErrorPage(string query)
    {
        var alice = await SignInAsync("alice-wanders");

        (await alice.OpenAsync(_application.At("/behalf/connected" + query))).Status.Should().Be(400);
    }

    [Fact]
    public async Task AnOutageOfTheServer_CostsNothing_WhenThePageIsReloaded()
    {
        var alice = await SignInAsync("alice-waits");
        var back = await ReturnAsync(alice, await BeginAsync(alice));

        _application.Outage.IsOut = true;
        var cut = await alice.OpenAsync(back);
        _application.Outage.IsOut = false;
        var again = await alice.OpenAsync(back);

        cut.Status.Should().Be(503, cut.Body);
        again.Status.Should().Be(303, again.Body);
        (await StatusAsync("alice-waits")).Should().Be("ACTIVE");
    }

    [Fact]
    public async Task AnUnknownConnection_IsToldOnAPage()
    {
        var alice = await SignInAsync("alice-guesses");

        var page = await alice.PressAsync(_application.At("/behalf/connect/nothing"));

        page.Status.Should().Be(404, page.Body);
    }

    [Fact]
    public async Task TheCookie_IsClosed_AndGoesInClearOnLoopbackOnly()
    {
        await using var published = await TestApplication.StartAsync(
            stage,
            options => options.PublicUrl = new Uri("https://app.acme.com")
        );

        var loopback = await CookieOfStartAsync(_application, host: null);
        var elsewhere = await CookieOfStartAsync(published, "app.acme.com");

        loopback.Should().StartWith("behalf-connect-").And.Contain("httponly").And.Contain("samesite=lax");
        loopback.Should().NotContain("secure");
        elsewhere.Should().StartWith("__Host-behalf-connect-").And.Contain("secure").And.Contain("path=/");
        elsewhere.Should().Contain("httponly").And.Contain("samesite=lax").And.NotContain("domain=");
    }

    [Fact]
    public async Task AHostHeader_IsNoSourceOfTheReturnAddress()
    {
        var begin = () => CookieOfStartAsync(_application, "evil.example");

        await begin
            .Should()
            .ThrowAsync<HttpRequestException>()
            .Where(e => e.StatusCode == HttpStatusCode.InternalServerError);
    }

    [Fact]
    public async Task Pages_RunNothing_AndAreNotKept()
    {
        var alice = await SignInAsync("alice-reads");
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, _application.At("/behalf/connect/tracker"));
        request.Headers.Add("Cookie", alice.Cookies);

        using var page = await http.SendAsync(request, _token);

        page.Headers.GetValues("Content-Security-Policy").Single().Should().StartWith("default-src 'none'");
        page.Headers.CacheControl!.NoStore.Should().BeTrue();
        page.Headers.GetValues("Referrer-Policy").Single().Should().Be("no-referrer");
    }

    [Fact]
    public async Task OwnLogLines_HoldNoStateLinkOrRequestId()
    {
        var alice = await SignInAsync("alice-logged");
        var link = await BeginAsync(alice);
        var back = await ReturnAsync(alice, link);
        await alice.OpenAsync(back);
        await alice.OpenAsync(back);
        string[] secrets = [link.Segments[^1], Query(back, "state"), Query(back, "auth_request_id"), .. alice.Secrets];

        var own = _application.Log.Lines.Where(line => line.StartsWith("Behalf.", StringComparison.Ordinal)).ToArray();

        own.Should().NotBeEmpty();
        own.Where(line => secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal))).Should().BeEmpty();
    }

    [Fact]
    public async Task RequestLog_HoldsNoQuery_AsApplicationsRunIt()
    {
        var alice = await SignInAsync("alice-request-log");
        var link = await BeginAsync(alice);
        var back = await ReturnAsync(alice, link);
        await alice.OpenAsync(back);
        string[] secrets = [link.Segments[^1], Query(back, "state"), Query(back, "auth_request_id")];

        var shown = _application.Log.Lines.Where(line =>
            !line.Contains(": Trace ", StringComparison.Ordinal) && !line.Contains(": Debug ", StringComparison.Ordinal)
        );

        shown.Where(line => secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal))).Should().BeEmpty();
    }

    [Fact]
    public void RequestLog_IsSilenced_AlsoForProvidersWithRulesOfTheirOwn()
    {
        LoggerFilterOptions options = new() { MinLevel = LogLevel.Trace };
        options.Rules.Add(new LoggerFilterRule("Console", null, LogLevel.Information, null));
        options.Rules.Add(new LoggerFilterRule(null, "Microsoft", LogLevel.Information, null));

        RequestLog.Silence(options);

        foreach (var provider in new[] { "Console", null })
        {
            options
                .Rules.Should()
                .ContainSingle(rule =>
                    rule.ProviderName == provider
                    && rule.CategoryName == "Microsoft.AspNetCore.Hosting.Diagnostics"
                    && rule.LogLevel == LogLevel.Warning
                );
        }
    }

    [Fact]
    public async Task TheToolsOfOneUser_AreFunctionsOfAnyAgent()
    {
        var alice = await SignInAsync("alice-works");
        await alice.OpenAsync(await ReturnAsync(alice, await BeginAsync(alice)));

        var functions = await _application.Behalf.GetScopedToolsAsync("alice-works", cancellationToken: _token);
        var result = await functions
            .Single(function => function.Name == "tracker_get_thing")
            .InvokeAsync(new() { ["thing"] = "7" }, _token);

        functions.Should().HaveCount(2);
        JsonSerializer.SerializeToElement(result).GetProperty("user").GetString().Should().Be("alice-works");
    }

    private async Task<Person> SignInAsync(string identifier)
    {
        var person = stage.NewPerson(identifier);
        (await person.OpenAsync(_application.At($"/sign-in?as={identifier}"))).Status.Should().Be(200);
        return person;
    }

    private async Task<Uri> BeginAsync(Person person, string returnUrl = "")
    {
        var page = _application.At($"/behalf/connect/tracker?returnUrl={Uri.EscapeDataString(returnUrl)}");
        var begun = await person.PressAsync(page);
        begun.Status.Should().Be(303, begun.Body);
        return begun.Location!;
    }

    /// <summary>From the link to the application's door, not opened yet.</summary>
    private static async Task<Uri> ReturnAsync(Person person, Uri link)
    {
        var back = await person.OpenAsync(await person.ConsentAsync(await person.StartAsync(link)));
        back.Status.Should().Be(303, back.Body);
        person.RequestIdOf(back);
        return back.Location!;
    }

    private async Task<HttpStatusCode> RawAsync(Uri uri, string cookies)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Add("Cookie", cookies);
        using var response = await http.SendAsync(request, _token);
        return response.StatusCode;
    }

    /// <summary>The attempt's cookie in lower case, begun under a host name of its own.</summary>
    private async Task<string> CookieOfStartAsync(TestApplication application, string? host)
    {
        using var person = new Person("alice-cookie");
        await person.OpenAsync(application.At("/sign-in?as=alice-cookie"));
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true });
        using var look = new HttpRequestMessage(HttpMethod.Get, application.At("/behalf/connect/tracker"));
        look.Headers.Add("Cookie", person.Cookies);
        look.Headers.Host = host;
        using var page = await http.SendAsync(look, _token);
        page.EnsureSuccessStatusCode();
        var body = await page.Content.ReadAsStringAsync(_token);
        var token = body.Split("__RequestVerificationToken\" value=\"")[1].Split('"')[0];
        using var press = new HttpRequestMessage(HttpMethod.Post, application.At("/behalf/connect/tracker"))
        {
            Content = new FormUrlEncodedContent([new("__RequestVerificationToken", WebUtility.HtmlDecode(token))]),
        };
        var antiforgery = page.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        press.Headers.Add("Cookie", $"{person.Cookies}; {antiforgery}");
        press.Headers.Host = host;
        using var begun = await http.SendAsync(press, _token);
        begun.StatusCode.Should().NotBe(HttpStatusCode.BadRequest);
        if (begun.StatusCode == HttpStatusCode.InternalServerError)
        {
            throw new HttpRequestException("refused", inner: null, begun.StatusCode);
        }
        var parts = begun
            .Headers.GetValues("Set-Cookie")
            .Single(cookie => cookie.Contains("behalf-connect-", StringComparison.Ordinal))
            .Split(';');
        return string.Join(';', parts.Skip(1).Select(part => part.ToLowerInvariant()).Prepend(parts[0]));
    }

    private static string Query(Uri uri, string name) => HttpUtility.ParseQueryString(uri.Query)[name]!;

    private async Task<string?> StatusAsync(string identifier) =>
        (await _application.Behalf.Accounts.FindAsync(Stage.Connection, identifier, _token))?.Status;
}
