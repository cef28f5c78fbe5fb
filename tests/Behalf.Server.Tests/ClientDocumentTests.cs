using System.Net;
using System.Text.Json;
using Behalf.Identity;
using Behalf.Registration;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>Clients that are known by the URL of a document about themselves, honest and hostile ones; and those that register.</summary>
public sealed class ClientDocumentTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    private static int _count;

    [Fact]
    public async Task Fetches_AreLimited_SoThatNobodyMakesUsFloodOthers()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        Person alice = await own.Stage.SignedInAsync("alice");
        for (int i = 0; i < 40; i++)
        {
            string url = Url();
            own.Stage.Web.Answer(url, "{}");
            await alice.OpenAsync(
                new McpClientProgram(own.Stage.Server, url, "https://x.example/").AuthorizationRequest()
            );
        }

        own.Stage.Web.Asked.Count.Should().Be(30);
    }

    [Fact]
    public async Task DocumentedClient_IsShownWithTheHostThatVouchesForIt_AndGetsTokens()
    {
        McpClientProgram client = Publish(Url());
        Person alice = await stage.SignedInAsync("alice");

        Page page = await alice.OpenAsync(client.AuthorizationRequest());
        JsonElement tokens = await client.TokensAsync(alice);

        page.Body.Should().Contain("vouched for by").And.Contain("clients.example").And.Contain("callback.example");
        (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(200);
    }

    [Fact]
    public async Task Consent_IsRemembered_UntilTheDocumentChanges()
    {
        string url = Url();
        McpClientProgram client = Publish(url, cacheControl: "no-store");
        Person alice = await stage.SignedInAsync("alice");
        await client.TokensAsync(alice);

        Page again = await alice.OpenAsync(client.AuthorizationRequest());
        again.Location!.Host.Should().Be("callback.example", again.Body);
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        Publish(url, name: "Another name", cacheControl: "no-store");
        Page changed = await alice.OpenAsync(client.AuthorizationRequest());

        changed.Status.Should().Be(200, "it is not what was agreed to");
        changed.Body.Should().Contain("Another name");
    }

    [Fact]
    public async Task Consent_IsAskedForAgain_ForMoreScopes_AndWhenTheClientWantsIt()
    {
        McpClientProgram client = Publish(Url());
        Person alice = await stage.SignedInAsync("alice");
        await client.TokensAsync(alice, ("scope", "tools:read"));

        (await alice.OpenAsync(client.AuthorizationRequest(("scope", "tools:read")))).Location.Should().NotBeNull();
        (await alice.OpenAsync(client.AuthorizationRequest())).Status.Should().Be(200);
        (await alice.OpenAsync(client.AuthorizationRequest(("scope", "tools:read"), ("prompt", "consent"))))
            .Status.Should()
            .Be(200);
        Page none = await alice.OpenAsync(client.AuthorizationRequest(("prompt", "none")));
        none.Location!.Query.Should().Contain("error=consent_required");
    }

    [Fact]
    public async Task LocalClient_IsWarnedOf_AndNeverLetInUnasked()
    {
        McpClientProgram client = Publish(Url(), redirectUri: "http://127.0.0.1/callback") with
        {
            RedirectUri = "http://127.0.0.1:51234/callback",
        };
        Person alice = await stage.SignedInAsync("alice");
        await client.TokensAsync(alice);

        Page again = await alice.OpenAsync(client.AuthorizationRequest());

        again.Status.Should().Be(200, "any program could be it");
        again.Body.Should().Contain("local-warning");
    }

    [Theory]
    [InlineData("http://127.0.0.1:51234/other")]
    [InlineData("http://127.0.0.2:51234/callback")]
    [InlineData("http://localhost:51234/callback")]
    [InlineData("https://127.0.0.1:51234/callback")]
    [InlineData("http://127.0.0.1.evil.example/callback")]
    [InlineData("http://127.0.0.1@evil.example/callback")]
    public async Task LocalRedirect_IsFreeInItsPortOnly(string redirectUri)
    {
        McpClientProgram client = Publish(Url(), redirectUri: "http://127.0.0.1/callback");
        Person alice = await stage.SignedInAsync("alice");

        Page page = await alice.OpenAsync(client.AuthorizationRequest(("redirect_uri", redirectUri)));

        page.Status.Should().Be(400, page.Body);
        page.Location.Should().BeNull();
    }

    [Theory]
    [InlineData("https://127.0.0.1/client.json")]
    [InlineData("https://[::1]/client.json")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://10.0.0.1/client.json")]
    [InlineData("https://[::ffff:10.0.0.1]/client.json")]
    [InlineData("https://clients.example")]
    [InlineData("https://clients.example/a/../client.json")]
    [InlineData("https://clients.example/a/%2e%2e/client.json")]
    [InlineData("https://user:password@clients.example/client.json")]
    [InlineData("https://clients.example/client.json#fragment")]
    [InlineData("https://clients.example/client.json?query=1")]
    [InlineData("https://clients.example\\evil.example/client.json")]
    [InlineData("https://clients.example:8443/client.json")]
    [InlineData("http://clients.example/client.json")]
    [InlineData("HTTPS://clients.example/client.json")]
    public async Task HostileClientId_CausesNoRequest(string clientId)
    {
        Person alice = await stage.SignedInAsync("alice");
        McpClientProgram client = new(stage.Server, clientId, "https://callback.example/done");
        int asked = stage.Web.Asked.Count;

        Page page = await alice.OpenAsync(client.AuthorizationRequest());

        page.Status.Should().Be(400, page.Body);
        page.Location.Should().BeNull();
        stage.Web.Asked.Count.Should().Be(asked);
    }

    [Theory]
    [InlineData("redirect")]
    [InlineData("not found")]
    [InlineData("not json")]
    [InlineData("html")]
    [InlineData("large")]
    [InlineData("other id")]
    [InlineData("secret")]
    [InlineData("secret method")]
    [InlineData("no redirect uris")]
    [InlineData("plain http redirect")]
    [InlineData("script redirect")]
    [InlineData("no name")]
    [InlineData("twice")]
    [InlineData("array")]
    public async Task HostileDocument_LetsNobodyIn_AndIsNotKept(string kind)
    {
        string url = Url();
        string good = Document(url, "Sample", "https://callback.example/done");
        string evil = "https://evil.example/client.json";
        switch (kind)
        {
            case "redirect":
                stage.Web.Answer(url, "", HttpStatusCode.Found, location: evil);
                stage.Web.Answer(evil, Document(url, "Sample", "https://callback.example/done"));
                break;
            case "not found":
                stage.Web.Answer(url, good, HttpStatusCode.NotFound);
                break;
            case "html":
                stage.Web.Answer(url, good, type: "text/html");
                break;
            default:
                stage.Web.Answer(
                    url,
                    kind switch
                    {
                        "not json" => "{",
                        "large" => good[..^1] + $",\"x\":\"{new string('x', 11_000)}\"}}",
                        "other id" => Document(evil, "Sample", "https://callback.example/done"),
                        "secret" => good[..^1] + ",\"client_secret\":\"s\"}",
                        "secret method" => good[..^1] + ",\"token_endpoint_auth_method\":\"client_secret_basic\"}",
                        "no redirect uris" => $$"""{"client_id":"{{url}}","client_name":"x"}""",
                        "plain http redirect" => Document(url, "x", "http://callback.example/done"),
                        "script redirect" => Document(url, "x", "javascript:alert(1)"),
                        "no name" => $$"""{"client_id":"{{url}}","redirect_uris":["https://callback.example/done"]}""",
                        "twice" => good[..^1] + $",\"client_id\":\"{url}\"}}",
                        _ => $"[{good}]",
                    }
                );
                break;
        }

        Person alice = await stage.SignedInAsync("alice");
        McpClientProgram client = new(stage.Server, url, "https://callback.example/done");

        Page page = await alice.OpenAsync(client.AuthorizationRequest());
        Publish(url);
        Page repaired = await alice.OpenAsync(client.AuthorizationRequest());

        page.Status.Should().Be(400, page.Body);
        page.Location.Should().BeNull();
        stage.Web.CountOf(evil).Should().Be(0, "redirects are not followed");
        repaired.Status.Should().Be(200, "an error is not kept");
    }

    [Fact]
    public async Task Document_IsKeptAsLongAsItSays_AndFetchedOnceByMany()
    {
        string url = Url();
        McpClientProgram client = Publish(url, cacheControl: "max-age=300");
        Person alice = await stage.SignedInAsync("alice");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => alice.OpenAsync(client.AuthorizationRequest())));
        await alice.OpenAsync(client.AuthorizationRequest());
        stage.Web.CountOf(url).Should().Be(1);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(301));
        await alice.OpenAsync(client.AuthorizationRequest());

        stage.Web.CountOf(url).Should().Be(2);
    }

    [Fact]
    public async Task NameOfAClient_IsInert()
    {
        McpClientProgram client = Publish(Url(), name: "<script>alert(1)</script>\u202egood\u200b");
        Person alice = await stage.SignedInAsync("alice");

        Page page = await alice.OpenAsync(client.AuthorizationRequest());

        page.Body.Should().NotContain("<script>").And.NotContain("\u202e").And.NotContain("\u200b");
    }

    [Theory]
    [InlineData("""{"redirect_uris":["http://callback.example/"]}""")]
    [InlineData("""{"redirect_uris":["javascript:alert(1)"]}""")]
    [InlineData("""{"redirect_uris":["https://callback.example/#fragment"]}""")]
    [InlineData("""{"redirect_uris":["data:text/html,x"]}""")]
    [InlineData("""{"redirect_uris":[]}""")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_basic"}""")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"grant_types":["password"]}""")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"logo_uri":"javascript:alert(1)"}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task WrongRegistration_IsRefused(string body)
    {
        Reply reply = await stage.Server.SendAsync(HttpMethod.Post, "/oauth/register", null, body);

        reply.Status.Should().Be(400, reply.Body);
        reply.Json.GetProperty("error").GetString().Should().StartWith("invalid_");
    }

    [Fact]
    public async Task Registrations_AreLimited_AndEndWhenNobodyUsesThem()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        List<int> statuses = [];
        string? first = null;
        for (int i = 0; i < 25; i++)
        {
            Reply reply = await own.Stage.Server.SendAsync(
                HttpMethod.Post,
                "/oauth/register",
                null,
                """{"client_name":"x","redirect_uris":["https://callback.example/done"]}"""
            );
            statuses.Add(reply.Status);
            first ??= reply.Json.GetProperty("client_id").GetString();
        }

        statuses.Count(status => status == 201).Should().Be(20);
        statuses[^1].Should().Be(429);
        McpClientProgram client = new(own.Stage.Server, first!, "https://callback.example/done");
        Person alice = await own.Stage.SignedInAsync("alice");
        (await alice.OpenAsync(client.AuthorizationRequest())).Status.Should().Be(200);

        own.Stage.Server.Time.Advance(TimeSpan.FromHours(25));
        await own.CleanAsync();
        Reply gone = await client.ExchangeAsync("any code");

        gone.Status.Should().Be(401, "RFC 6749 §5.2: the client shall register anew");
        gone.Json.GetProperty("error").GetString().Should().Be("invalid_client");
    }

    [Theory]
    [InlineData("off", "acme.example", false)]
    [InlineData("listed", "acme.example", true)]
    [InlineData("listed", "mcp.acme.example", true)]
    [InlineData("listed", "evil-acme.example", false)]
    [InlineData("listed", "acme.example.evil.example", false)]
    [InlineData("listed", "other.example", false)]
    [InlineData("listed and blocked", "acme.example", false)]
    [InlineData("blocked", "acme.example", false)]
    [InlineData("blocked", "mcp.acme.example", false)]
    [InlineData("blocked", "evil-acme.example", true)]
    [InlineData("any", "other.example", true)]
    public async Task Documents_FollowTheTrustPolicy(string policy, string host, bool isLetIn)
    {
        string url = $"https://{host}/{Interlocked.Increment(ref _count)}/client.json";
        McpClientProgram client = Publish(url);
        Person alice = await stage.SignedInAsync("alice");
        stage.Policy.Documents =
            policy == "off" ? DocumentTrust.Off
            : policy.StartsWith("listed", StringComparison.Ordinal) ? DocumentTrust.Listed
            : DocumentTrust.Any;
        if (policy.StartsWith("listed", StringComparison.Ordinal))
        {
            stage.Policy.AllowedHosts.Add("acme.example");
        }

        if (policy.EndsWith("blocked", StringComparison.Ordinal))
        {
            stage.Policy.BlockedHosts.Add("acme.example");
        }

        try
        {
            Page page = await alice.OpenAsync(client.AuthorizationRequest());

            page.Status.Should().Be(isLetIn ? 200 : 400, page.Body);
            page.Location.Should().BeNull();
            stage.Web.CountOf(url).Should().Be(isLetIn ? 1 : 0, "who is not trusted is not asked either");
        }
        finally
        {
            TrustAgain();
        }
    }

    [Fact]
    public async Task Registration_CanBeTurnedOff()
    {
        const string Metadata = "/.well-known/oauth-authorization-server/oauth";
        stage.Policy.DynamicRegistration = false;
        stage.Policy.Documents = DocumentTrust.Off;
        try
        {
            Reply refused = await stage.Server.SendAsync(
                HttpMethod.Post,
                "/oauth/register",
                null,
                """{"client_name":"x","redirect_uris":["https://callback.example/done"]}"""
            );
            Reply metadata = await stage.Server.SendAsync(HttpMethod.Get, Metadata, null);

            refused.Status.Should().Be(403, refused.Body);
            metadata.Json.TryGetProperty("registration_endpoint", out _).Should().BeFalse();
            metadata.Json.GetProperty("client_id_metadata_document_supported").GetBoolean().Should().BeFalse();
        }
        finally
        {
            TrustAgain();
        }

        Reply again = await stage.Server.SendAsync(HttpMethod.Get, Metadata, null);
        again.Json.GetProperty("registration_endpoint").GetString().Should().Be($"{stage.Url}/oauth/register");
        again.Json.GetProperty("client_id_metadata_document_supported").GetBoolean().Should().BeTrue();
    }

    [Theory]
    [InlineData("host", "call")]
    [InlineData("host", "refresh")]
    [InlineData("all", "call")]
    [InlineData("all", "refresh")]
    public async Task BlockedHost_EndsItsGrants(string what, string first)
    {
        McpClientProgram client = Publish(Url());
        McpClientProgram added = await stage.ClientAsync();
        Person alice = await stage.SignedInAsync("alice");
        JsonElement tokens = await client.TokensAsync(alice);
        JsonElement others = await added.TokensAsync(alice);
        (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(200);
        if (what == "host")
        {
            stage.Policy.BlockedHosts.Add("clients.example");
        }
        else
        {
            stage.Policy.Documents = DocumentTrust.Off;
        }

        try
        {
            if (first == "call")
            {
                (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(401);
            }
            else
            {
                (await client.RefreshAsync(RefreshOf(tokens))).Status.Should().Be(400);
            }

            Page asked = await alice.OpenAsync(client.AuthorizationRequest());
            asked.Status.Should().Be(400, asked.Body);
            asked.Location.Should().BeNull("not even an error goes there");
            (await added.Visit(others).SendAsync("tools/list", [])).Status.Should().Be(200, "it is no document's");
        }
        finally
        {
            TrustAgain();
        }

        (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(401, "it ended for good");
        (await client.RefreshAsync(RefreshOf(tokens))).Status.Should().Be(400);
        (await stage.AuditAsync("kind=admin&identifier=alice&page_size=1000"))
            .Should()
            .Contain(record =>
                record.GetProperty("action").GetString() == "grant.ended"
                && record.GetProperty("detail").GetString()!.EndsWith("client_not_trusted", StringComparison.Ordinal)
            );
    }

    [Fact]
    public async Task RememberedConsent_IsOfOnePerson()
    {
        McpClientProgram client = Publish(Url());
        Person alice = await stage.SignedInAsync("alice");
        Person bob = await stage.SignedInAsync("bob");
        await client.TokensAsync(alice);

        Page bobs = await bob.OpenAsync(client.AuthorizationRequest());
        Page alices = await alice.OpenAsync(client.AuthorizationRequest());

        bobs.Status.Should().Be(200, "it is hers");
        bobs.Body.Should().Contain("id=\"consent\"");
        McpClientProgram.CodeOf(alices.Location!).Should().NotBeNull();
    }

    [Fact]
    public async Task Consent_IsAskedForAgain_WhenTheRedirectUrisChange()
    {
        string url = Url();
        McpClientProgram client = Publish(url, cacheControl: "no-store");
        Person alice = await stage.SignedInAsync("alice");
        await client.TokensAsync(alice);
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        (await alice.OpenAsync(client.AuthorizationRequest())).Location.Should().NotBeNull();
        stage.Web.Answer(
            url,
            JsonSerializer.Serialize(
                new
                {
                    client_id = url,
                    client_name = "Sample client",
                    redirect_uris = new[] { client.RedirectUri, "https://elsewhere.example/done" },
                }
            ),
            cacheControl: "no-store"
        );
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));

        Page changed = await alice.OpenAsync(client.AuthorizationRequest());

        changed.Status.Should().Be(200, "answers could go elsewhere now");
        changed.Body.Should().Contain("id=\"consent\"");
    }

    [Fact]
    public async Task RegisteredClient_IsAskedAboutEveryTime()
    {
        McpClientProgram client = await McpClientProgram.RegisterAsync(stage.Server);
        Person alice = await stage.SignedInAsync("alice");
        await client.TokensAsync(alice);

        Page again = await alice.OpenAsync(client.AuthorizationRequest());
        Page none = await alice.OpenAsync(client.AuthorizationRequest(("prompt", "none")));

        again.Status.Should().Be(200, "nobody vouches for it");
        again.Body.Should().Contain("id=\"consent\"");
        none.Location!.Query.Should().Contain("error=consent_required");
    }

    [Fact]
    public async Task UnusedRegistrations_AreCapped()
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        IOAuthClientStore store = own.Stage.Server.Server.Services.GetRequiredService<IOAuthClientStore>();
        McpClientProgram registered = await McpClientProgram.RegisterAsync(own.Stage.Server);
        EnvironmentId environment = (
            await own
                .Stage.Server.Server.Services.GetRequiredService<IIdentity>()
                .ListEnvironmentsAsync(TestContext.Current.CancellationToken)
        )
            .First(one => one.Slug == "default")
            .Id;
        OAuthClient first = (
            await store.FindAsync(environment, registered.ClientId, TestContext.Current.CancellationToken)
        )!;
        await Task.WhenAll(
            Enumerable
                .Range(0, 999)
                .Select(n =>
                    store.AddAsync(
                        first with
                        {
                            Id = EntityId.New<OAuthClientId>(own.Stage.Server.Time),
                            ClientId = $"oac_{n}",
                        },
                        Traces.None,
                        TestContext.Current.CancellationToken
                    )
                )
        );

        Reply full = await RegisterAsync(own.Stage);
        await store.UsedAsync(environment, first.Id, TestContext.Current.CancellationToken);
        Reply room = await RegisterAsync(own.Stage);
        Reply fullAgain = await RegisterAsync(own.Stage);

        full.Status.Should().Be(429, full.Body);
        full.Headers["Retry-After"].Should().Be("86400");
        room.Status.Should().Be(201, "one of them is in use");
        fullAgain.Status.Should().Be(429);
    }

    private static Task<Reply> RegisterAsync(PeopleStage stage) =>
        stage.Server.SendAsync(
            HttpMethod.Post,
            "/oauth/register",
            null,
            """{"client_name":"x","redirect_uris":["https://callback.example/done"]}"""
        );

    private void TrustAgain()
    {
        stage.Policy.Documents = DocumentTrust.Any;
        stage.Policy.DynamicRegistration = true;
        stage.Policy.AllowedHosts.Clear();
        stage.Policy.BlockedHosts.Clear();
    }

    private static string RefreshOf(JsonElement tokens) => tokens.GetProperty("refresh_token").GetString()!;

    private static string Url() => $"https://clients.example/{Interlocked.Increment(ref _count)}/client.json";

    private McpClientProgram Publish(
        string url,
        string name = "Sample client",
        string redirectUri = "https://callback.example/done",
        string? cacheControl = null
    )
    {
        stage.Web.Answer(url, Document(url, name, redirectUri), cacheControl: cacheControl);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(10)); // fetches are limited per source and minute
        return new McpClientProgram(stage.Server, url, redirectUri);
    }

    private static string Document(string clientId, string name, string redirectUri) =>
        JsonSerializer.Serialize(
            new
            {
                client_id = clientId,
                client_name = name,
                redirect_uris = new[] { redirectUri },
            }
        );
}
