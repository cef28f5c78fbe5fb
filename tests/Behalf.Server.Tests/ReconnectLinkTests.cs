using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.TestAuthorizationServer;

namespace Behalf.Server.Tests;

/// <summary>A call that fails for want of a working account says where its user connects: a link of its own, for that user.</summary>
public sealed class ReconnectLinkTests(Stage stage) : IClassFixture<Stage>, IAsyncLifetime
{
    private static readonly object Thing = new { thing = "1" };

    public async ValueTask InitializeAsync()
    {
        Reply changed = await stage.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/environments/default",
            stage.Server.OperatorToken,
            """{"default_verify_url":"http://127.0.0.1:9/verified"}"""
        );
        changed.Status.Should().Be(200, changed.Body);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Uri? LinkOf(Reply reply) =>
        reply.Json.GetProperty("details")[0].TryGetProperty("help_info", out JsonElement help)
        && help.GetProperty("links")[0] is var link
        && link.GetProperty("description").GetString() == "authorization_link"
            ? new Uri(link.GetProperty("url").GetString()!)
            : null;

    private Task<Reply> CallAsync(string identifier, string? token = null) =>
        stage.ExecuteAsync(identifier, "tracker_get_thing", Thing, token);

    /// <summary>The person follows it to its end, and the application confirms.</summary>
    private async Task FollowAsync(Uri link, string identifier)
    {
        Person person = stage.NewPerson(identifier);
        Reply verified = await stage.VerifyAsync(await person.ConnectAsync(link, "alice"), identifier);
        verified.Status.Should().Be(200, verified.Body);
    }

    [Fact]
    public async Task UserWithoutAnAccount_ConnectsByTheRefusalsLink()
    {
        Reply refused = await CallAsync("alice-first");

        refused.ErrorCode.Should().Be("not_connected");
        Uri link = LinkOf(refused)!;
        link.AbsoluteUri.Should().StartWith($"{stage.Server.Server.Url}/magicLink/");
        await FollowAsync(link, "alice-first");
        (await CallAsync("alice-first")).Status.Should().Be(200);
        (await stage.NewPerson("bob").OpenAsync(link)).Status.Should().NotBe(200, "it is spent");
    }

    [Fact]
    public async Task DisconnectedAccount_GetsALink_ThatBringsItBack()
    {
        string id = await stage.ConnectAsync("carol-ended");
        await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/connected_accounts/{id}:disconnect",
            stage.Server.ServiceToken,
            "{}"
        );

        Reply refused = await CallAsync("carol-ended");

        refused.ErrorCode.Should().Be("account_not_active");
        await FollowAsync(LinkOf(refused)!, "carol-ended");
        (await CallAsync("carol-ended")).Status.Should().Be(200);
    }

    [Fact]
    public async Task ProvidersRefusal_ThatStays_IsAToolErrorWithALink()
    {
        await stage.ConnectAsync("dave-revoked");
        stage.Provider.AnswerNextApiRequest(OddReply.Json(401, "{}")); // to a token of this moment: renewing is no help

        Reply refused = await CallAsync("dave-revoked");

        refused.Status.Should().BeOneOf([400, 401], refused.Body);
        LinkOf(refused).Should().NotBeNull();
        refused.Json.GetProperty("message").GetString().Should().NotContain("magicLink", "models read messages");
    }

    [Fact]
    public async Task EachRefusal_HasALinkOfItsOwn_OnRecord()
    {
        Uri first = LinkOf(await CallAsync("erin-twice"))!;
        Uri second = LinkOf(await CallAsync("erin-twice"))!;

        second.Should().NotBe(first);
        JsonElement[] trail = await stage.AuditAsync("identifier=erin-twice&kind=admin");
        trail
            .Select(record => record.GetProperty("action").GetString())
            .Should()
            .Equal("account.created", "link.created", "link.created");
        string secret = first.Segments[^1];
        trail.Should().OnlyContain(record => !record.ToString().Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task UserSession_GetsALink_ForItsOwnUser()
    {
        string session = (await stage.Server.SessionAsync("bob-session")).GetProperty("token").GetString()!;

        Uri link = LinkOf(await CallAsync("bob-session", session))!;

        Page page = await stage.NewPerson("bob-session").OpenAsync(link);
        page.Body.Should().Contain("bob-session");
    }

    [Fact]
    public async Task ConsentThatAwaitsVerification_GetsNoOtherLink()
    {
        Person alice = stage.NewPerson("alice-waits");
        await alice.ConnectAsync(await stage.LinkAsync("alice-waits"), "alice");

        Reply refused = await CallAsync("alice-waits");

        refused.Body.Should().Contain("PENDING_VERIFICATION");
        LinkOf(refused).Should().BeNull();
    }

    [Fact]
    public async Task ClientBeyondItsConnections_GetsNoLink()
    {
        string token = await TestEnvironment.ClientTokenAsync(stage.Server, connections: ["another"]);

        Reply refused = await CallAsync("alice-beyond", token);

        refused.Status.Should().BeOneOf(400, 403, 404);
        LinkOf(refused).Should().BeNull();
        (await stage.AuditAsync("identifier=alice-beyond&kind=admin")).Should().BeEmpty();
    }

    [Fact]
    public async Task Proxy_SaysItToo()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri("/proxy/things", UriKind.Relative));
        request.Headers.Authorization = new("Bearer", stage.Server.ServiceToken);
        request.Headers.Add("connection_name", Stage.Connection);
        request.Headers.Add("identifier", "carol-proxy");

        Reply refused = await stage.Server.SendAsync(request);

        LinkOf(refused).Should().NotBeNull(refused.Body);
    }
}
