using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Tools;
using Google.Protobuf;

namespace Behalf.Server.Tests;

/// <summary>A scoped list, whose tools are written once and stand in many answers.</summary>
public sealed class ScopedListTests(Stage stage) : IClassFixture<Stage>
{
    private const string List = "/scalekit.v1.tools.ToolService/ListScopedTools";

    [Fact]
    public async Task ScopedList_IsTheSame_HoweverOftenItsToolsWereWritten()
    {
        await stage.ConnectAsync("alice-list");
        await stage.ConnectAsync("bob-list");

        string first = await ListAsync("identifier=alice-list");
        string second = await ListAsync("identifier=alice-list");
        string another = await ListAsync("identifier=bob-list");
        string part = await ListAsync("identifier=alice-list&page_size=1");

        second.Should().Be(first);
        JsonSerializer.Serialize(JsonElement.Parse(first)).Should().Be(first, "no value is spelled another way");
        ListScopedToolsResponse whole = Read(first);
        whole.Tools.Should().HaveCountGreaterThan(1);
        Read(another).Tools.Select(one => one.Tool).Should().Equal(whole.Tools.Select(one => one.Tool));
        Read(another).Tools.Should().OnlyContain(one => one.Identifier == "bob-list");
        Read(part).Tools.Should().Equal(whole.Tools[0]);
    }

    [Fact]
    public async Task ScopedList_SaysTheSameInJsonAndInGrpc()
    {
        await stage.ConnectAsync("alice-both");
        ListScopedToolsRequest request = new() { Identifier = "alice-both" };

        await ListAsync("identifier=alice-both");
        string json = await ListAsync("identifier=alice-both");
        GrpcReply grpc = await GrpcCall.SendAsync(stage.Server, List, request, stage.Server.ServiceToken);

        Read(json).Tools.Should().Equal(ListScopedToolsResponse.Parser.ParseFrom(grpc.Message).Tools);
    }

    private static ListScopedToolsResponse Read(string json) => JsonParser.Default.Parse<ListScopedToolsResponse>(json);

    private async Task<string> ListAsync(string query)
    {
        Reply reply = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/tools/scoped?{query}",
            stage.Server.ServiceToken
        );
        reply.Status.Should().Be(200, reply.Body);
        return reply.Body;
    }
}
