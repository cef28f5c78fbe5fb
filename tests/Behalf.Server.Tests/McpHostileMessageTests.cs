using System.Net.Http.Headers;
using System.Text;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Messages that no client sends: refused quickly, as the sender's fault.</summary>
public sealed class McpHostileMessageTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";

    public static TheoryData<string, string> Bodies =>
        new()
        {
            { "batch", """[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]""" },
            { "null id", """{"jsonrpc":"2.0","id":null,"method":"tools/list"}""" },
            { "object as id", """{"jsonrpc":"2.0","id":{},"method":"tools/list"}""" },
            { "no method", """{"jsonrpc":"2.0","id":1}""" },
            { "number", "7" },
            { "cut off", """{"jsonrpc":"2.0","id":1,""" },
            { "nested", $"{new string('[', 5_000)}{new string(']', 5_000)}" },
            {
                "nested arguments",
                $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{{{new string(
                    '[',
                    5_000
                )}}}{{{new string(']', 5_000)}}}}}"""
            },
        };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task OddMessage_IsRefused_OnBothWires_AndWhereItIsReadAhead(string kind, string body)
    {
        string user = $"alice-odd-{kind.Replace(' ', '-')}";
        Visitor alice = await stage.VisitorAsync(user, Old);
        Reply readOnly = await stage.AskTokenAsync(user, alice.Config, ("behalf-mcp-access-level", "READ_ONLY"));
        string reader = readOnly.Json.GetProperty("token").GetString()!;

        foreach (string? token in new[] { alice.Token, reader })
        {
            foreach (string version in new[] { Old, New })
            {
                Reply refused = await SendAsync(alice with { Token = token, Version = version }, body);
                refused.Status.Should().Be(400, $"{version} {refused.Body}");
            }
        }
    }

    [Fact]
    public async Task UnaskedForResult_IsDropped()
    {
        Visitor alice = await stage.VisitorAsync("alice-unasked", Old);

        Reply taken = await SendAsync(alice, """{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}""");

        taken.Status.Should().Be(202, taken.Body);
        taken.Body.Should().BeEmpty();
        (await stage.AuditAsync("kind=intent&identifier=alice-unasked")).Should().BeEmpty();
    }

    private static async Task<Reply> SendAsync(Visitor visitor, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(visitor.Url.AbsolutePath, UriKind.Relative));
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", visitor.Version);
        if (visitor.Version == New)
        {
            request.Headers.Add("Mcp-Method", "tools/call");
            request.Headers.Add("Mcp-Name", "x");
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", visitor.Token);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await visitor.Server.SendAsync(request);
    }
}
