using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Reading a user's token: off, unless the operator turned it on; then for service credentials, and recorded.</summary>
public sealed class ReadBackTests(Stage stage) : IClassFixture<Stage>
{
    private async Task SetAsync(bool on)
    {
        Reply set = await stage.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/environments/default",
            stage.Server.OperatorToken,
            $$"""{"read_back":{{(on ? "true" : "false")}}}"""
        );
        set.Status.Should().Be(200, set.Body);
    }

    private Task<Reply> ReadAsync(string method, string identifier, string token) =>
        stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts/{method}?connector={Stage.Connection}&identifier={identifier}",
            token
        );

    private static string? TokenOf(Reply reply) =>
        reply
            .Json.GetProperty("connected_account")
            .GetProperty("authorization_details")
            .GetProperty("oauth_token")
            .TryGetProperty("access_token", out JsonElement token)
            ? token.GetString()
            : null;

    [Fact]
    public async Task Token_IsReadBackByAServiceCredentialOnly_WhereItIsOn_AndEachReadingIsRecorded()
    {
        await stage.ConnectAsync("alice-read");
        string session = (await stage.Server.SessionAsync("alice-read")).GetProperty("token").GetString()!;

        Reply off = await ReadAsync("auth", "alice-read", stage.Server.ServiceToken);
        await SetAsync(on: true);
        Reply on = await ReadAsync("auth", "alice-read", stage.Server.ServiceToken);
        Reply details = await ReadAsync("details", "alice-read", stage.Server.ServiceToken);
        Reply own = await ReadAsync("auth", "alice-read", session);
        Reply byOperator = await ReadAsync("auth", "alice-read", stage.Server.OperatorToken);
        Reply foreign = await ReadAsync("auth", "alice-read", stage.Server.ForeignToken);
        await SetAsync(on: false);
        Reply again = await ReadAsync("auth", "alice-read", stage.Server.ServiceToken);

        off.Status.Should().Be(200, off.Body);
        TokenOf(off).Should().BeNullOrEmpty();
        stage.Provider.Issued.Should().Contain(TokenOf(on)!);
        on.Headers["Cache-Control"].Should().Contain("no-store");
        foreach (Reply without in new[] { off, details, own, again })
        {
            without.Status.Should().Be(200, without.Body);
            stage.Provider.Issued.Should().NotContain(token => without.Body.Contains(token));
        }

        byOperator.Status.Should().Be(403);
        foreign.Status.Should().Be(404);
        JsonElement[] trail = await stage.AuditAsync("identifier=alice-read&kind=admin&page_size=1000");
        trail
            .Where(record => record.GetProperty("action").GetString() == "account.tokens_read")
            .Should()
            .ContainSingle()
            .Which.GetProperty("principal")
            .GetString()
            .Should()
            .Be(stage.Server.ServiceClient.Id);
    }

    [Fact]
    public async Task DisconnectedAccount_HasNothingToReadBack()
    {
        string id = await stage.ConnectAsync("alice-gone");
        await SetAsync(on: true);
        await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/connected_accounts/{id}:disconnect",
            stage.Server.ServiceToken,
            "{}"
        );

        Reply read = await ReadAsync("auth", "alice-gone", stage.Server.ServiceToken);

        await SetAsync(on: false);
        read.Status.Should().Be(200, read.Body);
        TokenOf(read).Should().BeNullOrEmpty();
    }
}
