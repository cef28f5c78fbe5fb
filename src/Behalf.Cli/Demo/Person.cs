namespace Behalf.Cli.Demo;

/// <summary>One person of the story at a browser: signs in, connects an account, asks the agent.</summary>
internal sealed class Person(CastMember member, Stage stage) : IDisposable
{
    private static readonly Dictionary<string, string> Nothing = [];

    private readonly Browser _browser = new(member.Key);

    public CastMember Member => member;

    public Uri HomePage => stage.ApplicationUrl;

    public async Task SignInAsync(CancellationToken cancellationToken)
    {
        WebPage page = await _browser.OpenAsync(stage.ApplicationUrl, cancellationToken);
        page = await _browser.SubmitAsync(
            page,
            "form#login",
            new Dictionary<string, string> { ["username"] = member.Key, ["password"] = member.Password },
            cancellationToken
        );
        Judge.Require(page.Has("form#ask"), $"{member.Key} could not sign in at the application: {page.Text}");
    }

    /// <summary>Presses Connect in the application and stops at the authorization link, as someone does who forwards it.</summary>
    public async Task<Uri> BeginConnectingAsync(CancellationToken cancellationToken)
    {
        WebPage page = await _browser.OpenAsync(stage.ApplicationUrl, cancellationToken);
        string token =
            page.Document.QuerySelector("form#connect input[type=hidden]")?.GetAttribute("value") ?? string.Empty;
        string name =
            page.Document.QuerySelector("form#connect input[type=hidden]")?.GetAttribute("name") ?? string.Empty;
        return await _browser.SubmitWithoutFollowingAsync(
            new Uri(stage.ApplicationUrl, "/connect"),
            new Dictionary<string, string> { [name] = token },
            cancellationToken
        );
    }

    /// <summary>Opens an authorization link, presses Continue, consents at the provider, and returns to the application.</summary>
    /// <returns>The application's page at the end.</returns>
    public async Task<WebPage> FinishConnectingAsync(Uri link, CancellationToken cancellationToken)
    {
        WebPage page = await _browser.OpenAsync(link, cancellationToken);
        page = await _browser.SubmitAsync(page, "form#continue", Nothing, cancellationToken);
        if (page.Has("form#sign-in"))
        {
            page = await _browser.SubmitAsync(
                page,
                "form#sign-in",
                new Dictionary<string, string> { ["username"] = member.Key, ["password"] = member.Password },
                cancellationToken
            );
        }

        return await _browser.SubmitAsync(
            page,
            "form#consent",
            new Dictionary<string, string> { ["decision"] = "allow" },
            cancellationToken
        );
    }

    /// <summary>Opens a link and looks, pressing nothing.</summary>
    public Task<WebPage> LookAtAsync(Uri link, CancellationToken cancellationToken) =>
        _browser.OpenAsync(link, cancellationToken);

    /// <param name="returned">Called for each tool as it comes back.</param>
    public async Task<AgentTranscript> AskAsync(
        string prompt,
        Action<string, long, bool> returned,
        CancellationToken cancellationToken
    )
    {
        WebPage page = await _browser.OpenAsync(stage.ApplicationUrl, cancellationToken);
        Dictionary<string, string> fields = new(StringComparer.Ordinal) { ["prompt"] = prompt };
        foreach (var hidden in page.Document.QuerySelectorAll("form#ask input[type=hidden]"))
        {
            fields[hidden.GetAttribute("name")!] = hidden.GetAttribute("value")!;
        }

        AgentTranscript transcript = new();
        await foreach (
            string line in _browser.StreamAsync(new Uri(stage.ApplicationUrl, "/ask"), fields, cancellationToken)
        )
        {
            if (transcript.Add(line) is (string name, long milliseconds, bool ok))
            {
                returned(name, milliseconds, ok);
            }
        }

        return transcript;
    }

    public void Dispose() => _browser.Dispose();
}
