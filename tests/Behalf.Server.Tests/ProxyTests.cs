using System.Text;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;
using Microsoft.AspNetCore.Http;

namespace Behalf.Server.Tests;

/// <summary><c>/proxy</c>: who may send what through it, and what of it reaches the provider and comes back.</summary>
public sealed class ProxyTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private static readonly HttpMethod Get = HttpMethod.Get;
    private static readonly HttpMethod Post = HttpMethod.Post;

    public async ValueTask InitializeAsync()
    {
        stage.Provider.Api = null;
        await stage.ConnectAsync("alice");
        await SetModeAsync("default");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Answer_IsTheProviders_StatusHeadersAndBody(string version)
    {
        ProviderEnd provider = Answering(async context =>
        {
            context.Response.StatusCode = 404;
            context.Response.ContentType = "application/xml";
            context.Response.Headers["X-Thing"] = "1";
            context.Response.Headers.Append("Link", "<a>");
            context.Response.Headers.Append("Link", "<b>");
            await context.Response.WriteAsync($"<who>{stage.Provider.UserOf(context)}</who>");
        });

        Reply reply = await new ProxyCall(stage)
        {
            Path = "/things/1%2F2?q=a%20b&empty&q=c+d",
            Version = Version.Parse(version),
        }.SendAsync();

        reply.Status.Should().Be(404);
        reply.Body.Should().Be("<who>alice</who>");
        reply.Headers["Content-Type"].Should().Be("application/xml");
        reply.Headers["X-Thing"].Should().Be("1");
        reply.Headers["Link"].Should().Be("<a>\n<b>");
        reply.Headers["behalf-answered-by"].Should().Be("provider");
        reply.Headers["behalf-execution-id"].Should().StartWith("exe_");
        provider.Requests.Should().ContainSingle().Which.Target.Should().Be("/api/things/1%2F2?q=a%20b&empty&q=c+d");
    }

    [Fact]
    public async Task Request_CarriesTheUsersTokenAlone_AndNothingThatIsOurs()
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));

        Reply reply = await new ProxyCall(stage)
        {
            Method = Post,
            Path = "/things",
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
            Headers =
            [
                ("Cookie", "session=1"),
                ("X-Forwarded-For", "10.0.0.1"),
                ("Forwarded", "for=10.0.0.1"),
                ("X-Real-IP", "10.0.0.1"),
                ("Via", "1.1 front"),
                ("Connection", "X-Hop"),
                ("X-Hop", "1"),
                ("Proxy-Authorization", "Basic YQ=="),
                ("TE", "trailers"),
                ("Accept-Encoding", "br"),
                ("behalf-agent-run-id", "run-1"),
                ("X-Custom", "kept"),
                ("x-sdk-version", "Scalekit-Node/2.11.0"),
                ("x-api-version", "20260727"),
                ("If-None-Match", "\"1\""),
                ("User-Agent", "an-application/1"),
            ],
        }.SendAsync();

        reply.Status.Should().Be(200, reply.Body);
        Dictionary<string, string> headers = provider.Requests.Single().Headers;
        headers
            .Keys.Should()
            .BeEquivalentTo(
                "Authorization",
                "Content-Length",
                "Content-Type",
                "Host",
                "If-None-Match",
                "User-Agent",
                "X-Custom"
            );
        headers["Host"].Should().Be(new Uri(stage.Provider.Origin).Authority);
        stage.Provider.Issued.Should().Contain(headers["Authorization"]["Bearer ".Length..]);
        (await stage.AuditAsync("agent_run_id=run-1&page_size=100")).Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("query")]
    [InlineData("header")]
    [InlineData("path")]
    public async Task OurToken_IsRefused_WhereItWouldReachTheProvider(string place)
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));
        string token = stage.Server.ServiceToken;

        Reply reply = await new ProxyCall(stage)
        {
            Path = place switch
            {
                "query" => $"/things/1?access_token={token}",
                "path" => $"/things/{token}",
                _ => "/things/1",
            },
            Headers = place == "header" ? [("X-Token", token)] : [],
        }.SendAsync();

        reply.Status.Should().Be(400);
        reply.ErrorCode.Should().Be("credential_misplaced");
        provider.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task CallerWithoutAToken_Gets401_AndNothingIsSent()
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));
        using HttpRequestMessage request = new(Get, new Uri("/proxy/things/1", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("connection_name", Stage.Connection);
        request.Headers.TryAddWithoutValidation("identifier", "alice");

        Reply reply = await stage.Server.SendAsync(request);

        reply.Status.Should().Be(401);
        reply.ErrorCode.Should().Be("unauthenticated");
        provider.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task Operator_CannotUseTheProxy() =>
        (await new ProxyCall(stage) { Token = stage.Server.OperatorToken }.SendAsync()).Status.Should().Be(403);

    [Fact]
    public async Task Connection_OfAnotherEnvironment_IsUnknown()
    {
        Reply foreign = await new ProxyCall(stage) { Token = stage.Server.ForeignToken }.SendAsync();
        Reply unknown = await new ProxyCall(stage) { Connection = "nobody-added-it" }.SendAsync();

        foreign.Status.Should().Be(404);
        foreign.Body.Should().Be(unknown.Body);
    }

    [Fact]
    public async Task ServiceCredential_MustNameTheUserAndTheConnection()
    {
        (await new ProxyCall(stage) { Identifier = null }.SendAsync()).Status.Should().Be(400);
        (await new ProxyCall(stage) { Connection = null }.SendAsync()).Status.Should().Be(400);
        (await new ProxyCall(stage) { Headers = [("identifier", "bob")] }.SendAsync()).Status.Should().Be(400);
        (await new ProxyCall(stage) { Headers = [("connection_name", "x")] }.SendAsync()).Status.Should().Be(400);
    }

    [Fact]
    public async Task UserSession_ActsForItsOwnUser_AndIsDeniedAnother()
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync(stage.Provider.UserOf(context)!));
        await SetModeAsync("full");
        string token = (await stage.Server.SessionAsync("alice")).GetProperty("token").GetString()!;

        (await new ProxyCall(stage) { Token = token, Identifier = null }.SendAsync()).Body.Should().Be("alice");
        (await new ProxyCall(stage) { Token = token }.SendAsync()).Body.Should().Be("alice");
        Reply other = await new ProxyCall(stage) { Token = token, Identifier = "bob" }.SendAsync();

        other.Status.Should().Be(403);
        other.ErrorCode.Should().Be("identifier_mismatch");
        provider.Requests.Should().HaveCount(2);
        (await stage.AuditAsync("identifier=alice&kind=denial&newest=true&page_size=1"))[0]
            .GetProperty("detail")
            .GetString()
            .Should()
            .Contain("bob");
    }

    [Fact]
    public async Task UserWithoutAnAccount_IsToldSo()
    {
        Reply reply = await new ProxyCall(stage) { Identifier = "carol" }.SendAsync();

        reply.Status.Should().Be(400);
        reply.ErrorCode.Should().Be("not_connected");
    }

    [Fact]
    public async Task RevokedAccount_IsUsedNoMore_AndTheAnswerNamesItsState()
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));
        string id = await stage.ConnectAsync("dave");
        (await new ProxyCall(stage) { Identifier = "dave" }.SendAsync()).Status.Should().Be(200);
        Reply revoked = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/connected_accounts/{id}:disconnect",
            stage.Server.ServiceToken,
            "{}"
        );
        revoked.Status.Should().Be(200, revoked.Body);

        Reply reply = await new ProxyCall(stage) { Identifier = "dave" }.SendAsync();

        reply.Status.Should().Be(400);
        reply.ErrorCode.Should().Be("account_not_active");
        reply.Body.Should().Contain("DISCONNECTED");
        provider.Requests.Should().ContainSingle();
    }

    [Theory]
    [InlineData("//evil.example/things")]
    [InlineData("/\\evil.example")]
    [InlineData("/\\\\evil.example")]
    [InlineData("/%2f%2fevil.example")]
    [InlineData("/%5c%5cevil.example")]
    [InlineData("/..%2f..%2f..")]
    [InlineData("/%2e%2e/token")]
    [InlineData("/things/%2e%2e/%2e%2e/token")]
    [InlineData("/things/..%5ctoken")]
    [InlineData("/..;/token")]
    [InlineData("/things//1")]
    [InlineData("/things/1%0d%0aX-Evil:%201")]
    [InlineData("/things/1%00")]
    public async Task Path_ThatCouldLeaveTheConnection_IsRefused(string path)
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));

        Reply reply = await new ProxyCall(stage) { Path = path }.SendAsync();

        reply.Status.Should().BeOneOf([400, 404], reply.Body);
        reply.Headers.Should().NotContainKey("behalf-answered-by");
        provider.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData("/@evil.example/things")]
    [InlineData("/things/@evil.example")]
    [InlineData("/:443/things")]
    [InlineData("/things/http://evil.example")]
    [InlineData("/things/1?next=//evil.example/")]
    [InlineData("/things/1?u=http%3A%2F%2Fevil.example")]
    public async Task Path_ThatOnlyLooksLikeAnOrigin_StaysOnTheConnection(string path)
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));

        Reply reply = await new ProxyCall(stage) { Path = path }.SendAsync();

        if (reply.Status == 200)
        {
            provider.Requests.Should().ContainSingle().Which.Target.Should().Be($"/api{path}");
        }
        else
        {
            reply.Status.Should().Be(400, reply.Body);
            provider.Requests.Should().BeEmpty();
        }
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("get")]
    [InlineData("GE_T")]
    public async Task Method_ThatIsNotPlain_IsRefused(string method)
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));
        await using RawConnection raw = await RawConnection.OpenAsync(stage.Server);

        string status = await raw.SendAsync(
            $"{method} /proxy/things/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {stage.Server.ServiceToken}\r\n"
                + "connection_name: tracker\r\nidentifier: alice\r\nConnection: close\r\n\r\n"
        );

        status.Should().Contain(" 400 ");
        provider.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override", "DELETE")]
    [InlineData("x-method-override", "DELETE")]
    public async Task Header_ThatChangesTheMethod_IsRefused(string name, string value)
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));

        Reply reply = await new ProxyCall(stage) { Headers = [(name, value)] }.SendAsync();

        reply.ErrorCode.Should().Be("header_refused");
        provider.Requests.Should().BeEmpty();
    }

    [Theory]
    [InlineData("default", false, "GET", "/things/1", 200)]
    [InlineData("default", false, "POST", "/things", 200)]
    [InlineData("default", true, "GET", "/things/1", 403)]
    [InlineData("off", false, "GET", "/things/1", 403)]
    [InlineData("read", false, "GET", "/things/1", 200)]
    [InlineData("read", false, "HEAD", "/things/1", 200)]
    [InlineData("read", false, "POST", "/things", 403)]
    [InlineData("read", false, "GET", "/unknown", 403)]
    [InlineData("read", false, "GET", "/things/1%2Fparts", 403)]
    [InlineData("read", true, "GET", "/things/1", 200)]
    [InlineData("full", true, "POST", "/things", 200)]
    [InlineData("full", true, "DELETE", "/unknown", 200)]
    public async Task Mode_DecidesByCredentialAndOperation(
        string mode,
        bool isSession,
        string method,
        string path,
        int status
    )
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync(""));
        await SetModeAsync(mode);
        string? token = isSession ? (await stage.Server.SessionAsync("alice")).GetProperty("token").GetString() : null;

        Reply reply = await new ProxyCall(stage)
        {
            Token = token,
            Method = new HttpMethod(method),
            Path = path,
        }.SendAsync();

        reply.Status.Should().Be(status, reply.Body);
        provider.Requests.Count.Should().Be(status == 200 ? 1 : 0);
    }

    [Fact]
    public async Task Operation_NeedsItsScopes_AndTheAnswerNamesTheMissingOne()
    {
        ProviderEnd provider = Answering(context => context.Response.WriteAsync("{}"));

        Reply reply = await new ProxyCall(stage) { Path = "/goals" }.SendAsync();

        reply.Status.Should().Be(403);
        reply.ErrorCode.Should().Be("scope_missing");
        reply.Body.Should().Contain("lacks goals");
        provider.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task Intent_IsOnRecord_BeforeTheFirstByte_AndAWriteAlsoItsRequest()
    {
        JsonElement[] seen = [];
        Answering(async context =>
        {
            seen = await stage.AuditAsync("agent_run_id=run-before");
            context.Response.StatusCode = 201;
        });

        Reply reply = await new ProxyCall(stage)
        {
            Method = Post,
            Path = "/things",
            Content = new StringContent("{}"),
            Headers = [("behalf-agent-run-id", "run-before")],
        }.SendAsync();

        reply.Status.Should().Be(201);
        seen.Select(KindOf).Should().Equal("intent", "request");
        seen[0].GetProperty("tool").GetString().Should().Be("proxy:createThing");
        seen[1].GetProperty("detail").GetString().Should().Be("POST /things");
        JsonElement[] all = await stage.AuditAsync("agent_run_id=run-before");
        all.Select(KindOf).Should().Equal("intent", "request", "completion");
        all[2].GetProperty("outcome").GetString().Should().Be("success");
        all[2].GetProperty("provider_status").GetInt32().Should().Be(201);
        all.Select(record => record.GetProperty("execution_id").GetString())
            .Should()
            .OnlyContain(id => id == reply.Headers["behalf-execution-id"]);
    }

    [Fact]
    public async Task Redirect_IsGivenOn_WithoutTheCredential_AndNobodyFollowsIt()
    {
        ProviderEnd provider = Answering(context =>
        {
            string token = context.Request.Headers.Authorization.ToString()["Bearer ".Length..];
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"https://evil.example/?t={Uri.EscapeDataString(token)}";
            return Task.CompletedTask;
        });

        Reply reply = await new ProxyCall(stage).SendAsync();

        reply.Status.Should().Be(307);
        reply.Headers["Location"].Should().Be("https://evil.example/?t=[redacted]");
        provider.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Answer_LosesCookies_Echoes_AndWhatSpeaksForAnOrigin()
    {
        Answering(async context =>
        {
            string sent = context.Request.Headers.Authorization.ToString();
            IHeaderDictionary headers = context.Response.Headers;
            headers.SetCookie = "session=1; Path=/";
            headers["X-Echo"] = sent;
            headers.StrictTransportSecurity = "max-age=1";
            headers["Clear-Site-Data"] = "*";
            headers.AccessControlAllowOrigin = "*";
            headers.CacheControl = "public, max-age=60";
            headers["behalf-account-reason"] = "forged";
            await context.Response.WriteAsync(
                $"{sent} {Convert.ToBase64String(Encoding.UTF8.GetBytes(sent))} {Uri.EscapeDataString(sent)}"
            );
        });

        Reply reply = await new ProxyCall(stage).SendAsync();

        reply
            .Headers.Keys.Should()
            .NotContain([
                "Set-Cookie",
                "Strict-Transport-Security",
                "Clear-Site-Data",
                "Access-Control-Allow-Origin",
                "behalf-account-reason",
            ]);
        reply.Headers["Cache-Control"].Should().Be("no-store");
        reply.Headers["X-Echo"].Should().Be("Bearer [redacted]");
        foreach (string issued in stage.Provider.Issued)
        {
            reply.Body.Should().NotContain(issued);
        }

        reply.Body.Split("[redacted]").Should().HaveCount(4);
    }

    [Fact]
    public async Task Rejected_Request_CausesOneRefreshAndOneRepeat()
    {
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        int before = stage.Provider.CountTokenRequests("refresh_token");
        stage.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));

        Reply reply = await new ProxyCall(stage)
        {
            Method = Post,
            Path = "/things",
            Content = new StringContent("""{"name":"once"}"""),
        }.SendAsync();

        reply.Status.Should().Be(200, reply.Body);
        stage.Provider.CountTokenRequests("refresh_token").Should().Be(before + 1);
        stage.Provider.Received[^1].Text.Should().Be("""{"name":"once"}""");
    }

    [Fact]
    public async Task ProvidersOwn401_IsNeverOurs()
    {
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        stage.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));
        stage.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));

        Reply reply = await new ProxyCall(stage) { Headers = [("x-sdk-version", "Scalekit-Node/2.11.0")] }.SendAsync();

        reply.Status.Should().Be(400, "a 401 would make a client renew its own token and send everything again");
        reply.ErrorCode.Should().Be("app_blocked", "the renewed credential is refused as well");
    }

    [Fact]
    public async Task Streamed_Body_IsNeverSentTwice_AndTheCallerIsToldToSendItAgain()
    {
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        stage.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}"));
        int before = stage.CountApiRequests();

        Reply reply = await new ProxyCall(stage)
        {
            Method = Post,
            Path = "/things",
            Content = new ByteArrayContent(new byte[100_000]),
        }.SendAsync();

        reply.Status.Should().Be(503);
        reply.ErrorCode.Should().Be("credential_renewed");
        reply.Headers.Should().ContainKey("Retry-After");
        stage.CountApiRequests().Should().Be(before + 1);
    }

    [Fact]
    public async Task LostReplyOfAWrite_IsUnknown_AndToldSo()
    {
        stage.Provider.AnswerNextApiRequest(new OddReply.Cut(IsCarriedOut: true));

        Reply reply = await new ProxyCall(stage)
        {
            Method = Post,
            Path = "/things",
            Content = new StringContent("{}"),
            Headers = [("behalf-agent-run-id", "run-lost")],
        }.SendAsync();

        reply.Status.Should().Be(500);
        reply.Body.Should().Contain("outcome_unknown");
        (await stage.AuditAsync("agent_run_id=run-lost"))[^1]
            .GetProperty("outcome")
            .GetString()
            .Should()
            .Be("outcome_unknown");
    }

    private ProviderEnd Answering(Func<HttpContext, Task> answer)
    {
        ProviderEnd end = new(answer);
        stage.Provider.Api = end.AnswerAsync;
        return end;
    }

    private async Task SetModeAsync(string mode)
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Patch,
            $"/api/v1/behalf/connections/{Stage.Connection}",
            stage.Server.ServiceToken,
            $$"""{"proxy":"{{mode}}"}"""
        );
        reply.Status.Should().Be(200, reply.Body);
        reply.Json.GetProperty("proxy").GetString().Should().Be(mode);
    }

    private static string KindOf(JsonElement record) => record.GetProperty("kind").GetString()!;
}
