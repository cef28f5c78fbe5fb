using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using System.Web;

namespace Behalf.Server.Tests.Infrastructure;

/// <summary>One person's browser: a cookie jar, and steps that a test can take apart.</summary>
/// <param name="from">The address it calls from; null: the system's choice.</param>
internal sealed partial class Person(string name, IPAddress? from = null) : IDisposable
{
    // The server's clock is the test's, so a jar that goes by the real one would throw its cookies away.
    private readonly ConcurrentDictionary<string, string> _cookies = new(StringComparer.Ordinal);
    private readonly HttpClient _http = new(Caller.From(from));

    /// <value>States, request ids and form tokens the browser was given: none of them may be logged.</value>
    public ConcurrentQueue<string> Secrets { get; } = new();

    /// <value>What the browser would send now; for a test that replays it.</value>
    public string Cookies => string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"));

    /// <value>As the server set them, with their attributes.</value>
    public ConcurrentQueue<string> SetCookies { get; } = new();

    /// <value>The name it asks the server by; null: the address in the URL.</value>
    public string? Host { get; set; }

    /// <summary>Takes all cookies of another browser, as a thief would.</summary>
    public void TakeCookies(string cookies)
    {
        foreach (string[] parts in cookies.Split("; ").Select(cookie => cookie.Split('=', 2)))
        {
            _cookies[parts[0]] = parts[1];
        }
    }

    public Task<Page> OpenAsync(Uri uri) => SendAsync(new HttpRequestMessage(HttpMethod.Get, uri));

    /// <summary>Looks at the link and presses its button.</summary>
    /// <returns>Where the provider asks for consent.</returns>
    public Task<Uri> StartAsync(Uri link) => StartAsync(link, link);

    /// <summary>The button's request may land elsewhere than the page's.</summary>
    public async Task<Uri> StartAsync(Uri link, Uri button)
    {
        Page page = await OpenAsync(link);
        page.Status.Should().Be(200, page.Body);
        string token = WebUtility.HtmlDecode(HiddenToken().Match(page.Body).Groups[1].Value);
        Secrets.Enqueue(token);
        FormUrlEncodedContent form = new([new("form_token", token)]);
        Page started = await SendAsync(new HttpRequestMessage(HttpMethod.Post, button) { Content = form });
        started.Status.Should().Be(303, started.Body);
        Secrets.Enqueue(HttpUtility.ParseQueryString(started.Location!.Query)["state"]!);
        return started.Location!;
    }

    /// <summary>Looks at the link and fills in its form.</summary>
    public async Task<Page> SubmitAsync(Uri link, params (string Name, string Value)[] values)
    {
        Page page = await OpenAsync(link);
        page.Status.Should().Be(200, page.Body);
        string token = WebUtility.HtmlDecode(HiddenToken().Match(page.Body).Groups[1].Value);
        Secrets.Enqueue(token);
        foreach ((_, string value) in values.Where(pair => pair.Value.Length > 8))
        {
            Secrets.Enqueue(value);
        }

        FormUrlEncodedContent form = new([
            new("form_token", token),
            .. values.Select(pair => KeyValuePair.Create($"credential.{pair.Name}", pair.Value)),
        ]);
        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, $"{link}/credential") { Content = form });
    }

    /// <summary>Opens a page of one form and presses its button.</summary>
    public async Task<Page> PressAsync(Uri uri)
    {
        Page page = await OpenAsync(uri);
        page.Status.Should().Be(200, page.Body);
        string action = WebUtility.HtmlDecode(FormAction().Match(page.Body).Groups[1].Value);
        FormUrlEncodedContent form = new(
            HiddenField()
                .Matches(page.Body)
                .Select(field =>
                    KeyValuePair.Create(
                        WebUtility.HtmlDecode(field.Groups[1].Value),
                        WebUtility.HtmlDecode(field.Groups[2].Value)
                    )
                )
        );
        return await SendAsync(new HttpRequestMessage(HttpMethod.Post, new Uri(uri, action)) { Content = form });
    }

    /// <summary>Sends a form of a page with what was typed in.</summary>
    public Task<Page> SendAsync(Uri page, Form form, params (string Name, string Value)[] values) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Post, new Uri(page, form.Action))
            {
                Content = new FormUrlEncodedContent([
                    .. form.Hidden,
                    .. values.Select(value => KeyValuePair.Create(value.Name, value.Value)),
                ]),
            }
        );

    /// <summary>Signs in at our own page, by the password of the local directory.</summary>
    public async Task<Page> SignInAsync(
        Uri origin,
        string user,
        string password,
        string returnPath = "/",
        string code = ""
    )
    {
        Uri uri = new(origin, $"/sign-in?return={Uri.EscapeDataString(returnPath)}");
        Page page = await OpenAsync(uri);
        page.Status.Should().Be(200, page.Body);
        return await SendAsync(
            uri,
            Form.Of(page, "password-form"),
            ("name", user),
            ("password", password),
            ("code", code)
        );
    }

    /// <summary>Agrees at the provider, as the provider's user of the same name or another.</summary>
    /// <returns>The callback, not opened yet.</returns>
    public async Task<Uri> ConsentAsync(Uri provider, string? login = null) =>
        (await OpenAsync(new Uri($"{provider}&login={login ?? name}"))).Location!;

    public async Task<Uri> RefuseAsync(Uri provider, string words) =>
        (await OpenAsync(new Uri($"{provider}&deny={Uri.EscapeDataString(words)}"))).Location!;

    /// <summary>From the link to the application's page.</summary>
    /// <returns>The id the application verifies.</returns>
    public async Task<string> ConnectAsync(Uri link, string? login = null)
    {
        Page back = await OpenAsync(await ConsentAsync(await StartAsync(link), login));
        back.Status.Should().Be(303, back.Body);
        return RequestIdOf(back);
    }

    public string RequestIdOf(Page back)
    {
        string id = HttpUtility.ParseQueryString(back.Location!.Query)["auth_request_id"]!;
        Secrets.Enqueue(id);
        return id;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends what no page of ours offered.</summary>
    public Task<Page> PostAsync(Uri uri, params (string Name, string Value)[] values) =>
        SendAsync(uri, new Form(uri.AbsoluteUri, []), values);

    private async Task<Page> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            request.Headers.Host = Host;
            if (!_cookies.IsEmpty)
            {
                request.Headers.Add("Cookie", Cookies);
            }

            using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            if (response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? set))
            {
                foreach (string cookie in set)
                {
                    SetCookies.Enqueue(cookie);
                    string[] parts = cookie.Split(';')[0].Split('=', 2);
                    _cookies[parts[0]] = parts[1];
                    if (parts[1].Length > 0)
                    {
                        Secrets.Enqueue(parts[1]);
                    }
                }
            }

            return new Page(
                (int)response.StatusCode,
                response.Headers.Location,
                await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
            )
            {
                Headers = response.Headers.ToDictionary(
                    header => header.Key,
                    header => string.Join('\n', header.Value),
                    StringComparer.OrdinalIgnoreCase
                ),
            };
        }
    }

    [GeneratedRegex("<form[^>]* action=\"([^\"]+)\"")]
    private static partial Regex FormAction();

    [GeneratedRegex("type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")]
    private static partial Regex HiddenField();

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex HiddenToken();
}

internal sealed record Page(int Status, Uri? Location, string Body)
{
    public required IReadOnlyDictionary<string, string> Headers { get; init; }
}
