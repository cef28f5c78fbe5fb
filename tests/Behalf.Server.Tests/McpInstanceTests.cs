using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Servers of one user, in the two older forms: an instance of a config, and one with mappings of its own.</summary>
public sealed class McpInstanceTests(Stage stage) : IClassFixture<Stage>
{
    private const string Old = "2025-11-25";
    private const string New = "2026-07-28";

    [Theory]
    [InlineData(Old)]
    [InlineData(New)]
    public async Task Instance_ServesItsUser_WithWhatItsConfigOffers(string version)
    {
        string user = $"alice-instance-{version}";
        (Visitor alice, string id) = await InstanceAsync(user, version);

        JsonElement tools = (await alice.CallAsync("tools/list")).GetProperty("result").GetProperty("tools");
        JsonElement result = (await alice.ToolAsync("tracker_get_thing", new { thing = "7" })).GetProperty("result");

        tools
            .EnumerateArray()
            .Select(tool => tool.GetProperty("name").GetString())
            .Should()
            .Equal("tracker_get_thing", "behalf_connections");
        result.GetProperty("structuredContent").GetProperty("user").GetString().Should().NotBeNullOrEmpty();
        (await stage.AuditAsync($"kind=intent&identifier={user}")).Should().ContainSingle();
        JsonElement used = (await ApiAsync(HttpMethod.Get, $"instances/{id}")).Json.GetProperty("instance");
        used.GetProperty("last_used_at")
            .GetDateTimeOffset()
            .Should()
            .BeCloseTo(stage.Server.Time.GetUtcNow(), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task TokenOfAnInstance_IsItsUsersAndGoodThereOnly()
    {
        (Visitor alice, string id) = await InstanceAsync("alice-instance-own", New);
        (Visitor bob, _) = await InstanceAsync("bob-instance-own", New, alice.Config);
        (string config, Uri url) = await ConfigOfAsync(id);
        Reply shared = await stage.AskTokenAsync("alice-instance-own", config, ("behalf-mcp-access-level", null));

        foreach (string? token in new[] { bob.Token, shared.Json.GetProperty("token").GetString(), null })
        {
            (await (alice with { Token = token }).SendAsync("tools/list", [])).Status.Should().Be(401);
        }

        (await (alice with { Url = url }).SendAsync("tools/list", [])).Status.Should().Be(401);
        Uri v3 = new(alice.Url.AbsoluteUri.Replace("/v2/", "/v3/", StringComparison.Ordinal));
        (await (alice with { Url = v3 }).SendAsync("tools/list", [])).Status.Should().Be(401);
        (await stage.AskTokenAsync("bob-instance-own", id, ("behalf-mcp-access-level", null)))
            .Status.Should()
            .Be(404, "another user's instance answers like none");
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("moved")]
    [InlineData("signed out")]
    public async Task TokenOfAnInstance_EndsWith(string what)
    {
        string user = $"alice-instance-{what.Replace(' ', '-')}";
        (Visitor alice, string id) = await InstanceAsync(user, New);
        (await alice.SendAsync("tools/list", [])).Status.Should().Be(200);

        Reply ended = what switch
        {
            "removed" => await ApiAsync(HttpMethod.Delete, $"instances/{id}"),
            "moved" => await ApiAsync(
                HttpMethod.Patch,
                $"instances/{id}",
                JsonSerializer.Serialize(new { config_name = await AddConfigAsync() })
            ),
            _ => await stage.Server.SendAsync(
                HttpMethod.Post,
                "/api/v1/behalf/users:sign_out",
                stage.Server.ServiceToken,
                JsonSerializer.Serialize(new { identifier = user })
            ),
        };
        ended.Status.Should().Be(200, ended.Body);

        (await alice.SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    [Fact]
    public async Task ServerOfOneUser_ServesThatUserOnly()
    {
        await stage.ConnectAsync("alice-v1");
        await stage.ConnectAsync("bob-v1");
        Reply created = await ApiAsync(
            HttpMethod.Post,
            "",
            """
            {"connected_account_identifier":"alice-v1",
            "tool_mappings":[{"connection_name":"tracker","tool_names":["tracker_get_thing"]}]}
            """
        );
        JsonElement server = created.Json.GetProperty("mcp");
        string id = server.GetProperty("id").GetString()!;

        (await stage.AskTokenAsync("bob-v1", id, ("behalf-mcp-access-level", null))).Status.Should().Be(404);
        Visitor alice = await VisitorAsync("alice-v1", id, server.GetProperty("url").GetString()!, New);

        (await alice.ToolAsync("tracker_get_thing", new { thing = "7" }))
            .GetProperty("result")
            .TryGetProperty("structuredContent", out _)
            .Should()
            .BeTrue();
        (await ApiAsync(HttpMethod.Delete, id)).Status.Should().Be(200);
        (await alice.SendAsync("tools/list", [])).Status.Should().Be(401);
    }

    [Fact]
    public async Task MetadataOfAnInstance_IsThere_WhetherOrNotTheInstanceIs()
    {
        (Visitor alice, _) = await InstanceAsync("alice-instance-metadata", New);
        foreach (string path in new[] { alice.Url.AbsolutePath, $"/mcp/v2/servers/{Guid.NewGuid()}" })
        {
            Reply document = await stage.Server.SendAsync(
                HttpMethod.Get,
                $"/.well-known/oauth-protected-resource{path}",
                null
            );
            document.Status.Should().Be(200);
            document.Json.GetProperty("resource").GetString().Should().EndWith(path);
        }
    }

    /// <param name="config">The name of one that is there; null: one of its own, which offers one tool.</param>
    /// <returns>The visitor's <see cref="Visitor.Config"/> is the config's name.</returns>
    private async Task<(Visitor Visitor, string Id)> InstanceAsync(string user, string version, string? config = null)
    {
        await stage.ConnectAsync(user);
        string name = config ?? await AddConfigAsync();
        Reply ensured = await ApiAsync(
            HttpMethod.Post,
            "instances",
            JsonSerializer.Serialize(new { config_name = name, user_identifier = user })
        );
        ensured.Status.Should().Be(200, ensured.Body);
        JsonElement instance = ensured.Json.GetProperty("instance");
        string id = instance.GetProperty("id").GetString()!;
        Visitor visitor = await VisitorAsync(user, id, instance.GetProperty("url").GetString()!, version);
        return (visitor with { Config = name }, id);
    }

    private async Task<Visitor> VisitorAsync(string user, string id, string url, string version)
    {
        Reply token = await stage.AskTokenAsync(user, id, ("behalf-mcp-access-level", null));
        token.Status.Should().Be(200, token.Body);
        return new Visitor(stage.Server, new Uri(url), id, token.Json.GetProperty("token").GetString(), version);
    }

    private async Task<(string Id, Uri Url)> ConfigOfAsync(string instance)
    {
        JsonElement config = (await ApiAsync(HttpMethod.Get, $"instances/{instance}"))
            .Json.GetProperty("instance")
            .GetProperty("config");
        return (config.GetProperty("id").GetString()!, new Uri(config.GetProperty("mcp_server_url").GetString()!));
    }

    private async Task<string> AddConfigAsync()
    {
        string name = $"instances-{Guid.NewGuid():n}";
        Reply created = await ApiAsync(
            HttpMethod.Post,
            "configs",
            $$"""{"name":"{{name}}","connection_tool_mappings":[{"connection_name":"tracker","tools":["tracker_get_thing"]}]}"""
        );
        created.Status.Should().Be(200, created.Body);
        return name;
    }

    private Task<Reply> ApiAsync(HttpMethod method, string path, string? json = null) =>
        stage.Server.SendAsync(
            method,
            path.Length == 0 ? "/api/v1/mcp" : $"/api/v1/mcp/{path}",
            stage.Server.ServiceToken,
            json
        );
}
