using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Web;
using Behalf.Egress;
using Behalf.Server.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Behalf.Server.Tests;

/// <summary>
/// What each account brings beside a secret: an OAuth client of the user's own (RFC 6749 §4.4), and settings that name the
/// host it is at.
/// </summary>
public sealed class OwnClientTests : IAsyncLifetime
{
    private const string Ledger = """
        format: 1
        slug: ledger
        name: Ledger
        description: Books that each user reaches by a client of their own.
        base_url: https://api.ledger.example
        oauth:
          origin: https://auth.ledger.example
          token_path: /token
          grant: client_credentials
          client_authentication: secret_basic
          default_scopes: [books]
        requests:
          errors: [{status: 4xx, kind: provider_error}]
        tools:
          - name: list_books
            title: List books
            category: books
            description: Lists all the books there are.
            hints: [read_only]
            scopes: [books]
            steps: [{request: list, path: /books, save: found}]
            result: {user: =vars.found.user}
        """;

    private const string Helpdesk = """
        format: 1
        slug: helpdesk
        name: Helpdesk
        description: A help desk at a host of each account's own.
        base_url: https://{subdomain}.helpdesk.example/api
        auth:
          type: api_key
          header: X-Api-Key
          fields:
            - {name: subdomain, label: Subdomain, setting: true}
            - {name: key, label: Key}
        tools:
          - name: list_tickets
            title: List tickets
            category: tickets
            description: Lists all the tickets there are.
            hints: [read_only]
            steps: [{request: list, path: /tickets, save: found}]
            result: {host: =vars.found.host}
        """;

    private readonly ScriptedWeb _web = new();
    private readonly ConcurrentQueue<string> _grants = new();
    private readonly ConcurrentDictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly TestServer _server;

    public OwnClientTests() =>
        _server = new TestServer
        {
            Change = options =>
                options with
                {
                    ConfigureServices = services =>
                        services.AddSingleton<IEgressTransport>(new ScriptedHosts(_web, new RegisteredOrigins())),
                },
        };

    public ValueTask InitializeAsync()
    {
        _web.Answer("https://auth.ledger.example/token", TokenAsync);
        _web.Answer(
            "https://api.ledger.example/books",
            request =>
                Task.FromResult(
                    _tokens.TryGetValue(request.Headers.Authorization!.Parameter!, out string? user)
                        ? Json(200, $$"""{"user":"{{user}}"}""")
                        : Json(401, "{}")
                )
        );
        foreach (string host in (string[])["acme-eu.helpdesk.example", "other.helpdesk.example"])
        {
            _web.Answer(
                $"https://{host}/api/tickets",
                request =>
                    Task.FromResult(
                        request.Headers.GetValues("X-Api-Key").Single() == $"key-of-{host}"
                            ? Json(200, $$"""{"host":"{{host}}"}""")
                            : Json(401, "{}")
                    )
            );
        }

        return _server.InitializeAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task EachUsersOwnClient_IsExchangedForTokens_AndRenewedWithoutThem()
    {
        await AddAsync("ledger", Ledger);
        await TypeInAsync(
            "alice",
            "ledger",
            ("client", "client-of-alice"),
            ("client_key", "secret-of-client-of-alice")
        );
        await TypeInAsync("bob", "ledger", ("client", "client-of-bob"), ("client_key", "secret-of-client-of-bob"));

        (await ExecuteAsync("alice", "ledger_list_books")).Should().Be("client-of-alice");
        (await ExecuteAsync("bob", "ledger_list_books")).Should().Be("client-of-bob");
        int before = _grants.Count;
        _tokens.Clear();
        _server.Time.Advance(TimeSpan.FromMinutes(5));
        (await ExecuteAsync("alice", "ledger_list_books")).Should().Be("client-of-alice");
        _grants.Skip(before).Should().Equal(["client-of-alice"], "the token was ended there: one more was asked for");

        Reply account = await _server.SendAsync(
            HttpMethod.Get,
            "/api/v1/connected_accounts/details?connector=ledger&identifier=alice",
            _server.ServiceToken
        );
        account.Status.Should().Be(200, account.Body);
        account.Body.Should().Contain("OAUTH_M2M").And.NotContain("secret-of-client");
        foreach (
            string path in (string[])["/api/v1/connections/app", "/api/v1/providers", "/api/v1/connected_accounts"]
        )
        {
            Reply listed = await _server.SendAsync(HttpMethod.Get, path, _server.ServiceToken);
            listed.Status.Should().Be(200, listed.Body);
        }
    }

    [Fact]
    public async Task AClientThatTheProviderDoesNotKnow_ConnectsNobody()
    {
        await AddAsync("ledger", Ledger);
        using Person alice = new("alice");
        Page sent = await alice.SubmitAsync(
            await LinkAsync("alice", "ledger"),
            ("client", "client-of-nobody"),
            ("client_key", "wrong")
        );

        Reply verified = await VerifyAsync(alice.RequestIdOf(sent), "alice");

        verified.Status.Should().NotBe(200, verified.Body);
        verified.Body.Should().NotContain("wrong");
        (await SendAsync("execute_tool", new { tool_name = "ledger_list_books", identifier = "alice" }))
            .Status.Should()
            .NotBe(200);
    }

    [Fact]
    public async Task ASetting_LeadsEachAccountToItsOwnHost_AndToNoOther()
    {
        await AddAsync("helpdesk", Helpdesk);
        await TypeInAsync("alice", "helpdesk", ("subdomain", "Acme-EU"), ("key", "key-of-acme-eu.helpdesk.example"));
        await TypeInAsync("bob", "helpdesk", ("subdomain", "other"), ("key", "key-of-other.helpdesk.example"));

        (await ExecuteAsync("alice", "helpdesk_list_tickets", "host")).Should().Be("acme-eu.helpdesk.example");
        (await ExecuteAsync("bob", "helpdesk_list_tickets", "host")).Should().Be("other.helpdesk.example");
        _web.Asked.Should().OnlyContain(url => url.StartsWith("https://acme-eu.") || url.StartsWith("https://other."));
    }

    [Theory]
    [InlineData("evil.example/")]
    [InlineData("evil.example#")]
    [InlineData("a.b")]
    [InlineData("127.0.0.1")]
    [InlineData("user@evil")]
    [InlineData("acme:8080")]
    [InlineData("-acme")]
    [InlineData("аcme")]
    [InlineData("acme eu")]
    [InlineData("")]
    public async Task ASettingThatIsNoLabel_IsRefusedOnThePage(string subdomain)
    {
        await AddAsync("helpdesk", Helpdesk);
        using Person alice = new("alice");

        Page refused = await alice.SubmitAsync(
            await LinkAsync("alice", "helpdesk"),
            ("subdomain", subdomain),
            ("key", "key-of-alice")
        );

        refused.Status.Should().Be(400, refused.Body);
        refused.Body.Should().Contain("role=\"alert\"").And.NotContain("key-of-alice");
        _web.Asked.Should().BeEmpty();
    }

    /// <summary>By Basic only, for the grant of RFC 6749 §4.4 only, and only clients that are "client-of-" somebody known.</summary>
    private async Task<HttpResponseMessage> TokenAsync(HttpRequestMessage request)
    {
        var form = HttpUtility.ParseQueryString(await request.Content!.ReadAsStringAsync());
        AuthenticationHeaderValue? basic = request.Headers.Authorization;
        string[] pair = Encoding.UTF8.GetString(Convert.FromBase64String(basic?.Parameter ?? "")).Split(':', 2);
        if (
            basic?.Scheme != "Basic"
            || form["grant_type"] != "client_credentials"
            || form["scope"] != "books"
            || pair[0] is not ("client-of-alice" or "client-of-bob")
            || pair[1] != $"secret-of-{pair[0]}"
        )
        {
            return Json(401, """{"error":"invalid_client"}""");
        }

        _grants.Enqueue(pair[0]);
        string token = $"token-{_grants.Count}-of-{pair[0]}";
        _tokens[token] = pair[0];
        return Json(200, $$"""{"access_token":"{{token}}","token_type":"bearer","expires_in":3600}""");
    }

    private static HttpResponseMessage Json(int status, string body) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    private async Task AddAsync(string slug, string document)
    {
        Reply put = await SendAsync("behalf/connectors", new { document });
        put.Status.Should().Be(200, put.Body);
        Reply added = await SendAsync("behalf/connections", new { connector = slug });
        added.Status.Should().Be(200, added.Body);
    }

    private async Task TypeInAsync(string identifier, string connection, params (string, string)[] values)
    {
        using Person person = new(identifier);
        Page sent = await person.SubmitAsync(await LinkAsync(identifier, connection), values);
        sent.Status.Should().Be(303, sent.Body);
        Reply verified = await VerifyAsync(person.RequestIdOf(sent), identifier);
        verified.Status.Should().Be(200, verified.Body);
    }

    private async Task<Uri> LinkAsync(string identifier, string connection)
    {
        Reply link = await SendAsync(
            "connected_accounts/magic_link",
            new
            {
                connector = connection,
                identifier,
                user_verify_url = "http://127.0.0.1:9/verified",
            }
        );
        link.Status.Should().Be(200, link.Body);
        return new Uri(link.Json.GetProperty("link").GetString()!);
    }

    private Task<Reply> VerifyAsync(string id, string identifier) =>
        SendAsync("connected_accounts/user/verify", new { auth_request_id = id, identifier });

    private async Task<string?> ExecuteAsync(string identifier, string tool, string property = "user")
    {
        Reply done = await SendAsync("execute_tool", new { tool_name = tool, identifier });
        done.Status.Should().Be(200, done.Body);
        return done.Json.GetProperty("data").GetProperty(property).GetString();
    }

    private Task<Reply> SendAsync(string path, object body) =>
        _server.SendAsync(HttpMethod.Post, $"/api/v1/{path}", _server.ServiceToken, JsonSerializer.Serialize(body));
}
