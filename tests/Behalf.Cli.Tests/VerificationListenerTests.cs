using System.Net;
using Behalf.Cli.Commands.Agent;

namespace Behalf.Cli.Tests;

public sealed class VerificationListenerTests : IAsyncDisposable
{
    private readonly CancellationToken _token = TestContext.Current.CancellationToken;
    private readonly VerificationListener _listener = VerificationListener.Start(TimeProvider.System);
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _listener.DisposeAsync();
    }

    [Fact]
    public async Task OurState_BringsTheRequestId_AndTheBrowserGoesOn()
    {
        var answer = _browser.GetAsync(Address($"auth_request_id=abc%2F1&state={_listener.State}"), _token);
        var arrival = await _listener.NextAsync(_token);
        arrival.AuthRequestId.Should().Be("abc/1");
        arrival.Redirect(new Uri("https://behalf.acme.com/connect/success"));

        using var response = await answer;
        response.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        response.Headers.Location.Should().Be(new Uri("https://behalf.acme.com/connect/success"));
    }

    [Theory]
    [InlineData("auth_request_id=abc")]
    [InlineData("auth_request_id=abc&state=")]
    [InlineData("auth_request_id=abc&state=0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task AnotherState_IsRefused_AndTheWaitGoesOn(string query)
    {
        using var forged = await _browser.GetAsync(Address(query), _token);
        forged.StatusCode.Should().Be(HttpStatusCode.BadRequest);

        var answer = _browser.GetAsync(Address($"auth_request_id=real&state={_listener.State}"), _token);
        var arrival = await _listener.NextAsync(_token);
        arrival.AuthRequestId.Should().Be("real");
        arrival.Refuse("<b>no</b>");

        using var refused = await answer;
        (await refused.Content.ReadAsStringAsync(_token)).Should().Contain("&lt;b&gt;no&lt;/b&gt;");
    }

    [Fact]
    public async Task AnotherHostName_FindsNothing()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            Address($"auth_request_id=abc&state={_listener.State}")
        );
        request.Headers.Host = "evil.example";

        using var response = await _browser.SendAsync(request, _token);

        response.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task AnotherMethodOrPath_FindsNothing()
    {
        using var posted = await _browser.PostAsync(
            Address($"auth_request_id=abc&state={_listener.State}"),
            new ByteArrayContent([]),
            _token
        );
        using var elsewhere = await _browser.GetAsync(new Uri(_listener.Url, "/favicon.ico"), _token);

        posted.StatusCode.Should().Be(HttpStatusCode.NotFound);
        elsewhere.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task WhenTheCommandEnds_ABrowserThatWaitsIsTold()
    {
        var answer = _browser.GetAsync(Address($"auth_request_id=abc&state={_listener.State}"), _token);
        await _listener.NextAsync(_token);

        await _listener.DisposeAsync();

        using var response = await answer;
        (await response.Content.ReadAsStringAsync(_token)).Should().Contain("has ended");
    }

    private Uri Address(string query) => new($"{_listener.Url}?{query}");
}
