using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>An MCP client as the authorization server meets it: each protocol step by hand, so that a test can bend it.</summary>
internal sealed record McpClientProgram(TestServer Server, string ClientId, string RedirectUri)
{
    public const string AllScopes = "tools:read tools:write offline_access";

    public string Verifier { get; init; } = NewValue();

    public string State { get; init; } = NewValue();

    /// <value>What requests of its own have otherwise, such as a header.</value>
    public Action<HttpRequestMessage> Prepare { get; init; } = _ => { };

    public string Resource => $"{Server.Server.Url}/mcp";

    public string Challenge => Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>A client that registers itself.</summary>
    public static async Task<McpClientProgram> RegisterAsync(
        TestServer server,
        string redirectUri = "https://client.example/callback",
        string name = "Sample client"
    )
    {
        Reply reply = await server.SendAsync(
            HttpMethod.Post,
            "/oauth/register",
            null,
            JsonSerializer.Serialize(new { client_name = name, redirect_uris = new[] { redirectUri } })
        );
        reply.Status.Should().Be(201, reply.Body);
        return new McpClientProgram(server, reply.Json.GetProperty("client_id").GetString()!, redirectUri);
    }

    /// <param name="changes">Parameters to replace; null takes one out.</param>
    public Uri AuthorizationRequest(params (string Name, string? Value)[] changes) =>
        new($"{Server.Server.Url}/oauth/authorize?{Query(Parameters(changes))}");

    public List<KeyValuePair<string, string>> Parameters(params (string Name, string? Value)[] changes)
    {
        Dictionary<string, string?> parameters = new(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = ClientId,
            ["redirect_uri"] = RedirectUri,
            ["scope"] = AllScopes,
            ["state"] = State,
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
            ["resource"] = Resource,
        };
        foreach ((string name, string? value) in changes)
        {
            parameters[name] = value;
        }

        return
        [
            .. parameters
                .Where(pair => pair.Value is not null)
                .Select(pair => KeyValuePair.Create(pair.Key, pair.Value!)),
        ];
    }

    /// <summary>The person agrees on the page; the browser must be signed in.</summary>
    /// <returns>The answer at the redirect URI, not opened.</returns>
    public async Task<Uri> AllowAsync(Person browser, Uri? request = null, params (string Name, string Value)[] values)
    {
        request ??= AuthorizationRequest();
        Page page = await browser.OpenAsync(request);
        page.Status.Should().Be(200, page.Body);
        Page answer = await browser.SendAsync(request, Form.Of(page, "consent"), [.. values, ("decision", "allow")]);
        answer.Location.Should().NotBeNull(answer.Body);
        browser.Secrets.Enqueue(HttpUtility.ParseQueryString(answer.Location!.Query)["code"] ?? "no code was given");
        return answer.Location;
    }

    public static string CodeOf(Uri answer) => HttpUtility.ParseQueryString(answer.Query)["code"]!;

    public Task<Reply> ExchangeAsync(string code, params (string Name, string? Value)[] changes) =>
        TokenAsync([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", RedirectUri),
            ("client_id", ClientId),
            ("code_verifier", Verifier),
            .. changes,
        ]);

    public Task<Reply> RefreshAsync(string refreshToken, params (string Name, string? Value)[] changes) =>
        TokenAsync([
            ("grant_type", "refresh_token"),
            ("refresh_token", refreshToken),
            ("client_id", ClientId),
            .. changes,
        ]);

    public Task<Reply> TokenAsync(params (string Name, string? Value)[] values) =>
        PostAsync("/oauth/access_token", values);

    public async Task<Reply> PostAsync(string path, params (string Name, string? Value)[] values)
    {
        Dictionary<string, string?> form = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in values)
        {
            form[name] = value;
        }

        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new FormUrlEncodedContent(
                form.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, pair.Value!))
            ),
        };
        Prepare(request);
        return await Server.SendAsync(request);
    }

    /// <summary>The whole walk.</summary>
    public async Task<JsonElement> TokensAsync(Person browser, params (string Name, string? Value)[] changes)
    {
        Reply reply = await ExchangeAsync(CodeOf(await AllowAsync(browser, AuthorizationRequest(changes))));
        reply.Status.Should().Be(200, reply.Body);
        foreach (string name in new[] { "access_token", "refresh_token" })
        {
            if (reply.Json.TryGetProperty(name, out JsonElement token))
            {
                browser.Secrets.Enqueue(token.GetString()!);
            }
        }

        return reply.Json;
    }

    public Visitor Visit(JsonElement tokens, string version = "2026-07-28") =>
        Visit(tokens.GetProperty("access_token").GetString(), version);

    public Visitor Visit(string? accessToken, string version = "2026-07-28") =>
        new(Server, new Uri(Resource), "mcp", accessToken, version);

    public static string NewValue() => Encode(RandomNumberGenerator.GetBytes(32));

    private static string Encode(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Query(IEnumerable<KeyValuePair<string, string>> parameters) =>
        string.Join('&', parameters.Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"));
}
