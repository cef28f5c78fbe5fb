using System.Web;
using Behalf.Authorization;

namespace Behalf.Tests.Authorization;

/// <summary>A person with a browser: opens links, presses buttons, agrees at the provider.</summary>
internal sealed class Browser(World world) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    /// <value>What our cookie holds, as the door would keep it.</value>
    public string? Cookie { get; set; }

    public static async Task<AuthorizationLink> LinkAsync(
        World world,
        string identifier,
        Func<LinkRequest, LinkRequest>? change = null
    )
    {
        var request = new LinkRequest { Connection = world.Connection.Name, VerifyUrl = World.VerifyUrl };
        Result<AuthorizationLink> link = await world.Authorization.CreateLinkAsync(
            await world.SubjectAsync(identifier),
            change?.Invoke(request) ?? request,
            World.Cancel
        );
        link.Problem.Should().BeNull();
        return link.Value!;
    }

    public static string TokenOf(AuthorizationLink link) => link.Link.Segments[^1];

    public async Task<StartedFlow> PressAsync(AuthorizationLink link)
    {
        Result<StartedFlow> started = await world.Authorization.StartAsync(TokenOf(link), null, World.Cancel);
        started.Problem.Should().BeNull();
        Cookie = started.Value!.BrowserToken.RevealText();
        return started.Value;
    }

    /// <returns>Where the provider sends the browser.</returns>
    public async Task<Uri> AgreeAsync(StartedFlow flow, string providerUser, string parameter = "login")
    {
        var address = new Uri($"{flow.AuthorizationRequest}&{parameter}={Uri.EscapeDataString(providerUser)}");
        using HttpResponseMessage answer = await _http.GetAsync(address, World.Cancel);
        ((int)answer.StatusCode).Should().Be(302);
        return answer.Headers.Location!;
    }

    public static CallbackQuery Read(Uri location)
    {
        System.Collections.Specialized.NameValueCollection query = HttpUtility.ParseQueryString(location.Query);
        return new CallbackQuery(
            query["code"],
            query["state"],
            query["iss"],
            query["error"],
            query["error_description"]
        );
    }

    public Task<Result<CallbackResult>> ReturnAsync(Uri location, ConnectionId? connection = null) =>
        world.Authorization.CallbackAsync(
            connection ?? ConnectionOf(location),
            Read(location),
            Cookie,
            null,
            World.Cancel
        );

    /// <summary>The connection whose own redirect URI this is.</summary>
    private static ConnectionId ConnectionOf(Uri location) =>
        EntityId.TryParse(location.Segments[^2].TrimEnd('/'), out ConnectionId id)
            ? id
            : throw new FormatException(location.AbsolutePath);

    /// <summary>From the link to the application's verification page.</summary>
    /// <returns>The auth request id that arrives there.</returns>
    public async Task<string> ConsentAsync(AuthorizationLink link, string providerUser)
    {
        StartedFlow flow = await PressAsync(link);
        Result<CallbackResult> result = await ReturnAsync(await AgreeAsync(flow, providerUser));
        result.Problem.Should().BeNull();
        return result.Value switch
        {
            CallbackResult.ToApplication to => HttpUtility.ParseQueryString(to.Location.Query)["auth_request_id"]!,
            CallbackResult.ShowCode show => show.Code,
            _ => throw new InvalidOperationException($"Unexpected {result.Value}."),
        };
    }

    /// <summary>The whole walk: link, consent, verification.</summary>
    public static async Task ConnectAsync(
        World world,
        string identifier,
        string? providerUser = null,
        Func<LinkRequest, LinkRequest>? change = null
    )
    {
        using var browser = new Browser(world);
        AuthorizationLink link = await LinkAsync(world, identifier, change);
        string requestId = await browser.ConsentAsync(link, providerUser ?? identifier);
        Result<Uri> verified = await world.Authorization.VerifyAsync(
            world.Service,
            requestId,
            Identifier.Parse(identifier),
            World.Cancel
        );
        verified.Problem.Should().BeNull();
    }

    public void Dispose() => _http.Dispose();
}
