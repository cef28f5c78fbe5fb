using System.Net;
using System.Security.Cryptography.X509Certificates;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace Behalf.Cli.Demo;

/// <summary>
/// One person's browser without a screen: a cookie jar, pages, and forms whose buttons can be pressed. Redirects are
/// followed like a browser does (303 and 302 become GET), at most twenty.
/// </summary>
internal sealed class Browser : IDisposable
{
    private const int MaxRedirects = 20;

    private readonly HttpClient _http;

    /// <param name="person">Whose browser it is.</param>
    /// <param name="authority">The file of a certificate authority that this browser was told to trust; null: the machine's only.</param>
    public Browser(string person, string? authority = null)
    {
        Person = person;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            CookieContainer = new CookieContainer(),
            UseProxy = false,
        };
        if (authority is not null)
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authority) },
                RevocationMode = X509RevocationMode.NoCheck,
            };
        }

        _http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
    }

    public string Person { get; }

    /// <value>A redirect to such a place is not followed: the page is what the redirect says, without content.</value>
    public Func<Uri, bool>? StopsAt { get; init; }

    public Task<WebPage> OpenAsync(Uri uri, CancellationToken cancellationToken) =>
        FollowAsync(new HttpRequestMessage(HttpMethod.Get, uri), cancellationToken);

    /// <summary>Fills a form of the page and presses its button.</summary>
    /// <param name="page">The page the form is on.</param>
    /// <param name="selector">A CSS selector of the form.</param>
    /// <param name="values">Field values by name, over those the page already holds.</param>
    /// <exception cref="DemoFailedException">The page has no such form.</exception>
    public Task<WebPage> SubmitAsync(
        WebPage page,
        string selector,
        IReadOnlyDictionary<string, string> values,
        CancellationToken cancellationToken
    )
    {
        IHtmlFormElement form =
            page.Document.QuerySelector<IHtmlFormElement>(selector)
            ?? throw new DemoFailedException(
                $"{Person}'s page {page.Uri.AbsolutePath} has no form {selector}: {page.Title}"
            );
        Dictionary<string, string> fields = WebPage.HiddenFields(form);
        foreach ((string name, string value) in values)
        {
            fields[name] = value;
        }

        Uri action = new(page.Uri, form.GetAttribute("action") is { Length: > 0 } given ? given : page.Uri.ToString());
        return FollowAsync(
            new HttpRequestMessage(HttpMethod.Post, action) { Content = new FormUrlEncodedContent(fields) },
            cancellationToken
        );
    }

    /// <summary>
    /// Opens an authorization link, presses Continue, signs in at the practice provider if it asks, and consents.
    /// </summary>
    /// <returns>Where the browser ends.</returns>
    public async Task<WebPage> AuthorizeAsync(
        Uri link,
        string username,
        string password,
        CancellationToken cancellationToken
    )
    {
        WebPage page = await OpenAsync(link, cancellationToken);
        page = await SubmitAsync(page, "form#continue", new Dictionary<string, string>(), cancellationToken);
        if (page.Has("form#sign-in"))
        {
            page = await SubmitAsync(
                page,
                "form#sign-in",
                new Dictionary<string, string> { ["username"] = username, ["password"] = password },
                cancellationToken
            );
        }

        return await SubmitAsync(
            page,
            "form#consent",
            new Dictionary<string, string> { ["decision"] = "allow" },
            cancellationToken
        );
    }

    /// <summary>Sends a form without leaving the page and gives the answer's lines as they come.</summary>
    public async IAsyncEnumerable<string> StreamAsync(
        Uri uri,
        IReadOnlyDictionary<string, string> fields,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, uri) { Content = new FormUrlEncodedContent(fields) };
        request.Headers.Accept.ParseAdd("application/x-ndjson");
        using HttpResponseMessage response = await _http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }

    /// <summary>Sends a form and gives where the answer would lead, without going there.</summary>
    public async Task<Uri> SubmitWithoutFollowingAsync(
        Uri uri,
        IReadOnlyDictionary<string, string> fields,
        CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, uri) { Content = new FormUrlEncodedContent(fields) };
        using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken);
        return response.Headers.Location is { } location
            ? new Uri(uri, location)
            : throw new DemoFailedException(
                $"{uri.AbsolutePath} answered {(int)response.StatusCode} instead of a redirect."
            );
    }

    public void Dispose() => _http.Dispose();

    private async Task<WebPage> FollowAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken);
            Uri at = request.RequestUri!;
            request.Dispose();
            if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } location)
            {
                Uri next = new(at, location);
                if (StopsAt?.Invoke(next) == true)
                {
                    return new WebPage(next, response.StatusCode, new HtmlParser().ParseDocument(string.Empty));
                }

                request = new HttpRequestMessage(HttpMethod.Get, next);
                continue;
            }

            string html = await response.Content.ReadAsStringAsync(cancellationToken);
            return new WebPage(at, response.StatusCode, new HtmlParser().ParseDocument(html));
        }

        throw new DemoFailedException($"{Person}'s browser was redirected more than {MaxRedirects} times.");
    }
}

internal sealed record WebPage(Uri Uri, HttpStatusCode Status, IHtmlDocument Document)
{
    public string Title => Document.Title?.Trim() ?? string.Empty;

    public string Text => Document.Body?.TextContent.Trim() ?? string.Empty;

    /// <summary>What a form of this page sends by itself, such as its token against forgery; empty without such a form.</summary>
    public Dictionary<string, string> HiddenFields(string selector) =>
        Document.QuerySelector(selector) is { } form ? HiddenFields(form) : [];

    public static Dictionary<string, string> HiddenFields(IElement form) =>
        form.QuerySelectorAll<IHtmlInputElement>("input[type=hidden]")
            .ToDictionary(input => input.Name ?? string.Empty, input => input.Value, StringComparer.Ordinal);

    public bool Has(string selector) => Document.QuerySelector(selector) is not null;
}

/// <summary>A step of the story did not hold; the message says which and why.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
