using System.Text;
using Behalf.Connections;
using Behalf.Remote;
using Behalf.Tools.Running;

namespace Behalf.Tests.Remote;

/// <summary>What remote MCP servers say beside their answers: where a stream stands, and what a refusal wants.</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData("id: event-1\nretry: 500\ndata: \n\n", "event-1", 500)]
    [InlineData("id: a\ndata: {}\n\nid:b\ndata: {}\n\n", "b", 1_000)]
    [InlineData("retry: 86400000\nid: a\n\n", "a", 15_000)]
    [InlineData("retry: soon\nid: a\n\n", "a", 1_000)]
    public void Stream_IsTakenUp_WhereItsLastEventStood(string body, string id, int milliseconds)
    {
        StreamPosition position = McpMessages.PositionOf(Stream(body))!;

        position.LastId.Should().Be(id);
        position.Pause.Should().Be(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("data: {}\n\n")]
    [InlineData("id: two words\ndata: {}\n\n")]
    [InlineData("id: \u202E\ndata: {}\n\n")]
    public void Stream_WithoutAnIdThatCanBeSent_IsOver(string body) =>
        McpMessages.PositionOf(Stream(body)).Should().BeNull();

    [Fact]
    public void Answer_ThatIsNoStream_HasNoPosition() =>
        McpMessages.PositionOf(Stream("id: a\n\n", "application/json")).Should().BeNull();

    [Fact]
    public void Challenge_NamesErrorAndScopes()
    {
        var challenge = Challenge.Of("Bearer error=\"insufficient_scope\", scope=\"mcp:basic mcp:write\"");

        challenge.Error.Should().Be("insufficient_scope");
        challenge.Scopes.Should().Equal("mcp:basic", "mcp:write");
        Challenge.Of(null).Error.Should().BeNull();
        Challenge.Of($"Bearer scope=\"{new string('x', 500)} ok\"").Scopes.Should().Equal("ok");
    }

    private static UpstreamOutcome.Answered Stream(string body, string type = "text/event-stream") =>
        new(200, new Dictionary<string, string> { ["content-type"] = type }, Encoding.UTF8.GetBytes(body));
}
