using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

public sealed class TrailAndReasonTests(TestServer server)
{
    [Fact]
    public async Task NewestPage_EndsWithTheNewestRecord_AndLeadsBackwards()
    {
        for (int i = 0; i < 3; i++)
        {
            await server.SessionAsync("trail");
        }

        JsonElement newest = await ReadAsync("newest=true&page_size=2&identifier=trail");
        JsonElement first = await ReadAsync("page_size=1000&identifier=trail");
        string[] all = Hashes(first);
        all.Should().HaveCount(3);
        Hashes(newest).Should().Equal(all[^2..]);

        string back = newest.GetProperty("prev_page_token").GetString()!;
        JsonElement before = await ReadAsync($"newest=true&page_size=2&identifier=trail&page_token={back}");
        Hashes(before).Should().Equal(all[..1]);
        before.GetProperty("prev_page_token").GetString().Should().BeEmpty();
    }

    [Fact]
    public async Task Account_SaysWhyItIsNotActive_InAHeader()
    {
        string connection = await TestConnection.EnsureAsync(server);
        Reply link = await server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            server.ServiceToken,
            $$"""{"connector":"{{connection}}","identifier":"reasons"}"""
        );
        link.Status.Should().Be(200, link.Body);

        Reply list = await server.SendAsync(
            HttpMethod.Get,
            "/api/v1/connected_accounts?identifier=reasons",
            server.ServiceToken
        );
        string id = list.Json.GetProperty("connected_accounts")[0].GetProperty("id").GetString()!;
        Reply account = await server.SendAsync(HttpMethod.Get, $"/api/v1/connected_accounts/{id}", server.ServiceToken);
        account.Status.Should().Be(200, account.Body);
        account.Headers["behalf-account-reason"].Should().Be("never_connected");
    }

    private async Task<JsonElement> ReadAsync(string query)
    {
        Reply reply = await server.SendAsync(HttpMethod.Get, $"/api/v1/behalf/audit?{query}", server.ServiceToken);
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json;
    }

    private static string[] Hashes(JsonElement page) =>
        [.. page.GetProperty("records").EnumerateArray().Select(record => record.GetProperty("hash").GetString()!)];
}
