using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Web;

namespace Behalf.Sandbox.Tests;

/// <summary>An app of the developer console, and a person with a browser who lets it in.</summary>
public sealed class Consent(SandboxFixture sandbox)
{
    public const string RedirectUri = "http://127.0.0.1:9/callback";
    public const string Verifier = "verifier-verifier-verifier-verifier-verifier-0";
    public static readonly string Challenge = Convert
        .ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)))
        .TrimEnd('=')
        .Replace('+', '-')
        .Replace('/', '_');

    public string ClientId { get; private set; } = "";
    public string ClientSecret { get; private set; } = "";

    public static async Task<Consent> RegisterAsync(SandboxFixture sandbox, JsonNode? scopes = null)
    {
        var answer = await sandbox.JudgeAsync(
            HttpMethod.Post,
            "/_sandbox/apps",
            new JsonObject
            {
                ["name"] = "Test app",
                ["redirect_uris"] = new JsonArray(RedirectUri),
                ["scopes"] = scopes ?? "default",
            }
        );
        answer.Status.Should().Be(201);
        return new Consent(sandbox)
        {
            ClientId = answer.Json["client_id"]!.GetValue<string>(),
            ClientSecret = answer.Json["client_secret"]!.GetValue<string>(),
        };
    }

    public string Query(string? scope = "default", params (string Name, string? Value)[] changes)
    {
        var parameters = new Dictionary<string, string?>
        {
            ["client_id"] = ClientId,
            ["redirect_uri"] = RedirectUri,
            ["response_type"] = "code",
            ["state"] = "state-1",
            ["scope"] = scope,
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in changes)
        {
            parameters[name] = value;
        }
        var set = parameters.Where(p => p.Value is not null).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value!)}");
        return "/-/oauth_authorize?" + string.Join('&', set);
    }

    /// <summary>Signs in, presses the button, and gives the parameters that come back to the app.</summary>
    public async Task<IReadOnlyDictionary<string, string>> DecideAsync(
        string user,
        string decision,
        string? scope = "default"
    )
    {
        var browser = sandbox.Plain();
        var signIn = await PageAsync(browser, Query(scope));
        var afterSignIn = await SubmitAsync(
            browser,
            "/-/sign_in",
            signIn,
            ("username", sandbox.User(user)["email"]!.GetValue<string>()),
            ("password", sandbox.User(user)["password"]!.GetValue<string>())
        );
        afterSignIn.Status.Should().Be(302);
        var consent = await PageAsync(browser, afterSignIn.Location!.ToString());
        var decided = await SubmitAsync(browser, "/-/oauth_authorize", consent, ("decision", decision));
        decided.Status.Should().Be(302);
        return Parameters(decided.Location!);
    }

    public async Task<JsonNode> TokensAsync(string user, string? scope = "default")
    {
        var code = (await DecideAsync(user, "allow", scope))["code"];
        var answer = await ExchangeAsync(code);
        answer.Status.Should().Be(200);
        return answer.Json;
    }

    public Task<ApiResponse> ExchangeAsync(string code, params (string Name, string? Value)[] changes) =>
        TokenAsync(
            "/-/oauth_token",
            [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", RedirectUri),
                ("code_verifier", Verifier),
                .. changes,
            ]
        );

    public Task<ApiResponse> RefreshAsync(string token, params (string Name, string? Value)[] changes) =>
        TokenAsync("/-/oauth_token", [("grant_type", "refresh_token"), ("refresh_token", token), .. changes]);

    public async Task<ApiResponse> TokenAsync(string path, params (string Name, string? Value)[] parameters)
    {
        var form = new Dictionary<string, string?> { ["client_id"] = ClientId, ["client_secret"] = ClientSecret };
        foreach (var (name, value) in parameters)
        {
            form[name] = value;
        }
        using var content = new FormUrlEncodedContent(
            form.Where(f => f.Value is not null).ToDictionary(f => f.Key, f => f.Value!)
        );
        using var answer = await sandbox
            .Plain()
            .PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        return await ApiResponse.ReadAsync(answer);
    }

    public static IReadOnlyDictionary<string, string> Parameters(Uri location)
    {
        var query = HttpUtility.ParseQueryString(location.Query);
        return query.AllKeys.ToDictionary(k => k!, k => query[k]!);
    }

    public static async Task<string> PageAsync(HttpClient browser, string path)
    {
        using var answer = await browser.GetAsync(
            new Uri(path, UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Sends the hidden fields of the form with that action, and what the person typed.</summary>
    public static async Task<ApiResponse> SubmitAsync(
        HttpClient browser,
        string action,
        string page,
        params (string Name, string Value)[] typed
    )
    {
        var form = Regex.Match(page, $"<form[^>]*action=\"{action}\".*?</form>", RegexOptions.Singleline).Value;
        form.Should().NotBeEmpty();
        var hidden = Regex
            .Matches(form, "<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\">")
            .Select(m => KeyValuePair.Create(m.Groups[1].Value, WebUtility.HtmlDecode(m.Groups[2].Value)));
        using var content = new FormUrlEncodedContent(
            hidden.Concat(typed.Select(t => KeyValuePair.Create(t.Name, t.Value)))
        );
        using var answer = await browser.PostAsync(
            new Uri(action, UriKind.Relative),
            content,
            TestContext.Current.CancellationToken
        );
        return await ApiResponse.ReadAsync(answer);
    }
}
