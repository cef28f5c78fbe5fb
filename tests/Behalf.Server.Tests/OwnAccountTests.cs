using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.ConnectedAccounts;

namespace Behalf.Server.Tests;

/// <summary>What a person's own session does with their accounts, and the paths that mean "the caller's own".</summary>
public sealed class OwnAccountTests(Stage stage) : IClassFixture<Stage>
{
    private const string Service = "/scalekit.v1.connected_accounts.ConnectedAccountService/";

    private async Task<string> SessionAsync(string identifier) =>
        (await stage.Server.SessionAsync(identifier)).GetProperty("token").GetString()!;

    private async Task<JsonElement> EntryAsync(string token)
    {
        Reply list = await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/my-app-connections", token);
        list.Status.Should().Be(200, list.Body);
        return list
            .Json.GetProperty("connections")
            .EnumerateArray()
            .Single(entry => entry.GetProperty("connection_name").GetString() == Stage.Connection);
    }

    [Fact]
    public async Task Person_SeesConnectsAndDisconnectsTheirOwn()
    {
        string token = await SessionAsync("alice-portal");

        JsonElement before = await EntryAsync(token);
        Reply link = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/my-app-connections/{Stage.Connection}:magic-link",
            token,
            "{}"
        );
        string id = await stage.ConnectAsync("alice-portal");
        JsonElement connected = await EntryAsync(token);
        Reply stopped = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/my-connected-accounts/{id}:disconnect",
            token,
            "{}"
        );

        before.GetProperty("user_status").GetString().Should().Be("NOT_CONNECTED");
        link.Status.Should().Be(200, link.Body);
        link.Json.GetProperty("link").GetString().Should().StartWith($"{stage.Server.Server.Url}/magicLink/");
        connected.GetProperty("user_status").GetString().Should().Be("ACTIVE");
        connected.GetProperty("connected_account_id").GetString().Should().Be(id);
        stopped.Status.Should().Be(200, stopped.Body);
        stopped.Json.GetProperty("connected_account").GetProperty("status").GetString().Should().Be("DISCONNECTED");
    }

    [Fact]
    public async Task ServiceCredential_IsToldToUseASession()
    {
        string id = await stage.ConnectAsync("bob-portal");
        GrpcReply[] replies =
        [
            await GrpcCall.SendAsync(
                stage.Server,
                $"{Service}ListMyAppConnections",
                new ListMyAppConnectionsRequest(),
                stage.Server.ServiceToken
            ),
            await GrpcCall.SendAsync(
                stage.Server,
                $"{Service}DisconnectMyConnectedAccount",
                new DisconnectMyConnectedAccountRequest { Id = id },
                stage.Server.ServiceToken
            ),
            await GrpcCall.SendAsync(
                stage.Server,
                $"{Service}GetMyConnectionMagicLink",
                new GetMyConnectionMagicLinkRequest { ConnectionName = Stage.Connection },
                stage.Server.ServiceToken
            ),
        ];

        replies.Should().OnlyContain(reply => reply.Status == 7);
        replies.Should().OnlyContain(reply => reply.Error.ErrorCode == "user_session_required");
    }

    [Fact]
    public async Task AnotherPersonsAccount_IsNotFound()
    {
        string id = await stage.ConnectAsync("bob-private");
        string token = await SessionAsync("alice-curious");

        Reply foreign = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/my-connected-accounts/{id}:disconnect",
            token,
            "{}"
        );
        Reply random = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/my-connected-accounts/ca_01m84njn2wf9k9rgwdw6p1gyw9:disconnect",
            token,
            "{}"
        );

        (foreign.Status, foreign.Body).Should().Be((random.Status, random.Body));
        foreign.Status.Should().Be(404);
        (await stage.AccountAsync("bob-private")).GetProperty("status").GetString().Should().Be("ACTIVE");
    }

    [Theory]
    [InlineData("/api/v1/connected_accounts/{0}:disconnect", "{{}}")]
    [InlineData("/api/v1/connected_accounts/-:disconnect", "{{\"id\":\"{0}\"}}")]
    [InlineData("/api/v1/connected_accounts/this:disconnect", "{{}}")]
    public async Task Disconnect_HasThreeForms(string path, string body)
    {
        string identifier = $"alice-form-{path.Length}";
        string id = await stage.ConnectAsync(identifier);
        string token = await SessionAsync(identifier);

        Reply current = await stage.Server.SendAsync(HttpMethod.Get, "/api/v1/connected_accounts/this", token);
        Reply stopped = await stage.Server.SendAsync(
            HttpMethod.Post,
            string.Format(null, path, id),
            token,
            string.Format(null, body, id)
        );

        current.Json.GetProperty("connected_account").GetProperty("id").GetString().Should().Be(id);
        stopped.Status.Should().Be(200, stopped.Body);
        (await stage.AccountAsync(identifier)).GetProperty("status").GetString().Should().Be("DISCONNECTED");
    }

    [Fact]
    public async Task RedirectUrl_IsWhereAConnectedBrowserEnds()
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/connected_accounts/portal/redirect_url",
            stage.Server.ServiceToken
        );

        reply.Status.Should().Be(200, reply.Body);
        reply.Json.GetProperty("redirect_url").GetString().Should().Be($"{stage.Server.Server.Url}/connect/success");
    }
}
