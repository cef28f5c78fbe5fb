using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Events;

namespace Behalf.Server.Tests;

/// <summary>What happened to accounts, as the official SDKs list it.</summary>
public sealed class EventTests(Stage stage) : IClassFixture<Stage>
{
    private async Task<JsonElement> ListAsync(string filter, string query = "", string? token = null)
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Post,
            $"/api/v1/events/paginated{query}",
            token ?? stage.Server.ServiceToken,
            filter
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply.Json;
    }

    private static string[] TypesOf(JsonElement list) =>
        [.. list.GetProperty("events").EnumerateArray().Select(one => one.GetProperty("type").GetString()!)];

    private static string? StatusOf(JsonElement one, string name) =>
        one.GetProperty("data").TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    [Fact]
    public async Task ConnectAndRevoke_LeaveTheirEvents_InTheContractsEnvelope()
    {
        string account = await stage.ConnectAsync("tells");
        Reply deleted = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts:delete",
            stage.Server.ServiceToken,
            JsonSerializer.Serialize(new { id = account })
        );
        deleted.Status.Should().Be(200, deleted.Body);

        JsonElement list = await ListAsync($$"""{"connected_account_id":"{{account}}"}""");

        TypesOf(list)
            .Reverse()
            .Should()
            .Equal(
                "connected_account.created",
                "connected_account.magic_link_generated",
                "connected_account.status_updated",
                "connected_account.oauth_tokens_fetched",
                "connected_account.oauth_succeeded",
                "connected_account.status_updated",
                "connected_account.deleted"
            );
        JsonElement[] events = [.. list.GetProperty("events").EnumerateArray().Reverse()];
        (StatusOf(events[2], "old_status"), StatusOf(events[2], "status"))
            .Should()
            .Be(("PENDING_AUTH", "PENDING_VERIFICATION"));
        (StatusOf(events[5], "old_status"), StatusOf(events[5], "status"))
            .Should()
            .Be(("PENDING_VERIFICATION", "ACTIVE"));
        foreach (JsonElement one in events)
        {
            one.GetProperty("spec_version").GetString().Should().Be("1");
            one.GetProperty("id").GetString().Should().StartWith("evt_").And.Subject.Length.Should().BeLessThan(33);
            one.GetProperty("object").GetString().Should().Be("ConnectedAccount");
            JsonElement data = one.GetProperty("data");
            data.GetProperty("id").GetString().Should().Be(account);
            data.GetProperty("identifier").GetString().Should().Be("tells");
            data.GetProperty("connection_name").GetString().Should().Be("tracker");
            data.GetProperty("connection_id").GetString().Should().StartWith("conn_");
            data.GetProperty("provider").GetString().Should().Be("tracker");
            data.GetProperty("authorization_type").GetString().Should().Be("OAUTH");
        }
    }

    [Fact]
    public async Task List_Pages_AndIsNarrowedByTypeAndConnection()
    {
        string account = await stage.ConnectAsync("narrows");
        string connection = (await stage.AccountAsync("narrows")).GetProperty("connection_id").GetString()!;
        string filter = $$"""{"connected_account_id":"{{account}}","connection_id":"{{connection}}"}""";

        JsonElement first = await ListAsync(filter, "?page_size=4");
        JsonElement rest = await ListAsync(
            filter,
            $"?page_size=4&page_token={first.GetProperty("next_page_token").GetString()}"
        );
        JsonElement typed = await ListAsync(
            $$"""{"connected_account_id":"{{account}}","event_types":["connected_account.created","nothing"]}"""
        );

        TypesOf(first).Should().HaveCount(4);
        TypesOf(rest).Should().Equal("connected_account.magic_link_generated", "connected_account.created");
        TypesOf(typed).Should().Equal("connected_account.created");
        TypesOf(await ListAsync("""{"source":"DIR_SYNC"}""")).Should().BeEmpty();
        TypesOf(await ListAsync("""{"connection_id":"conn_none"}""")).Should().BeEmpty();
    }

    [Fact]
    public async Task UserSession_SeesItsOwnUsersEvents_AndNoOthers()
    {
        await stage.ConnectAsync("mine");
        string others = await stage.ConnectAsync("others");
        string session = (await stage.Server.SessionAsync("mine")).GetProperty("token").GetString()!;

        JsonElement own = await ListAsync("{}", token: session);

        own.GetProperty("events")
            .EnumerateArray()
            .Select(one => StatusOf(one, "identifier"))
            .Distinct()
            .Should()
            .Equal("mine");
        TypesOf(await ListAsync($$"""{"connected_account_id":"{{others}}"}""", token: session)).Should().BeEmpty();
        TypesOf(await ListAsync("{}", token: stage.Server.ForeignToken)).Should().BeEmpty();
    }

    [Fact]
    public async Task CustomEvent_IsNotTaken()
    {
        GrpcReply reply = await GrpcCall.SendAsync(
            stage.Server,
            "/scalekit.v1.events.EventsService/SendCustomEvent",
            new SendCustomEventRequest { EventType = "anything" },
            stage.Server.ServiceToken
        );

        (reply.Status, reply.Error.ErrorCode).Should().Be((12, "unimplemented"));
    }
}
