namespace Behalf.Cli.Demo;

/// <summary>One person of the story at a browser: signs in, connects an account, asks the agent.</summary>
internal sealed class Person(CastMember member, Stage stage) : IDisposable
{
    private readonly Browser _browser = new(member.Key);

    public CastMember Member => member;

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
        return await _browser.SubmitWithoutFollowingAsync(
            new Uri(stage.ApplicationUrl, $"/behalf/connect/{stage.Connection}"),
            page.HiddenFields("form#connect"),
            cancellationToken
        );
    }

    /// <summary>Opens an authorization link, presses Continue, consents at the provider, and returns to the application.</summary>
    /// <returns>The application's page at the end.</returns>
    public Task<WebPage> FinishConnectingAsync(Uri link, CancellationToken cancellationToken) =>
        _browser.AuthorizeAsync(link, member.Key, member.Password, cancellationToken);

    /// <summary>Opens the application's page to reconnect, presses its button, and looks at the link it leads to.</summary>
    public async Task<WebPage> BeginReconnectingAsync(Uri page, CancellationToken cancellationToken) =>
        await _browser.SubmitAsync(
            await _browser.OpenAsync(page, cancellationToken),
            "form#behalf-connect",
            new Dictionary<string, string>(),
            cancellationToken
        );

    /// <param name="returned">Called for each tool as it comes back.</param>
    public async Task<AgentTranscript> AskAsync(
        string prompt,
        Action<string, long, bool> returned,
        CancellationToken cancellationToken
    )
    {
        WebPage page = await _browser.OpenAsync(stage.ApplicationUrl, cancellationToken);
        Dictionary<string, string> fields = page.HiddenFields("form#ask");
        fields["prompt"] = prompt;

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
