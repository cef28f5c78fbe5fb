using Behalf.Server.Tests.Infrastructure;
using Behalf.Wire.Environments;

namespace Behalf.Server.Tests;

/// <summary>What an operator may change about an environment, and who may look.</summary>
public sealed class EnvironmentSettingsTests(TestServer server)
{
    private const string Service = "/scalekit.v1.environments.EnvironmentService/";

    private Task<TestEnvironment> NewEnvironmentAsync() => TestEnvironment.AddAsync(server);

    private Task<Reply> ChangeAsync(string slug, string json, string? token = null) =>
        server.SendAsync(HttpMethod.Patch, $"/api/v1/behalf/environments/{slug}", token ?? server.OperatorToken, json);

    [Fact]
    public async Task Settings_ChangeOnlyWhatIsGiven_AndTheTrailSaysWhat()
    {
        (string slug, _, string token) = await NewEnvironmentAsync();

        Reply first = await ChangeAsync(slug, """{"read_back":true,"tool_naming":"scalekit"}""");
        Reply second = await ChangeAsync(
            slug,
            """{"default_verify_url":"https://app.example/back","verify_mode":"none"}"""
        );
        Reply third = await ChangeAsync(slug, """{"default_verify_url":""}""");

        first.Json.GetProperty("read_back").GetBoolean().Should().BeTrue();
        first.Json.GetProperty("verify_mode").GetString().Should().Be("application");
        second.Json.GetProperty("read_back").GetBoolean().Should().BeTrue("it was not named");
        second.Json.GetProperty("tool_naming").GetString().Should().Be("scalekit");
        second.Json.GetProperty("default_verify_url").GetString().Should().Be("https://app.example/back");
        third.Json.GetProperty("default_verify_url").GetString().Should().BeEmpty();
        Reply trail = await server.SendAsync(HttpMethod.Get, "/api/v1/behalf/audit?kind=admin&page_size=1000", token);
        trail
            .Json.GetProperty("records")
            .EnumerateArray()
            .Where(record => record.GetProperty("action").GetString() == "environment.changed")
            .Select(record => record.GetProperty("detail").GetString())
            .Should()
            .Equal(
                "read_back=true tool_naming=scalekit",
                "verify_mode=none default_verify_url=https://app.example/back",
                "default_verify_url=none"
            );
    }

    [Fact]
    public async Task SameSettings_LeaveNoRecord()
    {
        (string slug, _, string token) = await NewEnvironmentAsync();

        Reply unchanged = await ChangeAsync(slug, """{"read_back":false}""");

        unchanged.Status.Should().Be(200, unchanged.Body);
        Reply trail = await server.SendAsync(HttpMethod.Get, "/api/v1/behalf/audit?kind=admin", token);
        trail.Body.Should().NotContain("environment.changed");
    }

    [Theory]
    [InlineData("""{"verify_mode":"trust"}""", "verify_mode")]
    [InlineData("""{"tool_naming":"camel"}""", "tool_naming")]
    [InlineData("""{"default_verify_url":"http://app.example/back"}""", "default_verify_url")]
    [InlineData("""{"default_verify_url":"https://app.example/back#x"}""", "default_verify_url")]
    public async Task UnusableSetting_IsNamed(string json, string field)
    {
        (string slug, _, _) = await NewEnvironmentAsync();

        Reply refused = await ChangeAsync(slug, json);

        refused.Status.Should().Be(400, refused.Body);
        refused
            .Json.GetProperty("details")[0]
            .GetProperty("validation_error_info")
            .GetProperty("field_violations")[0]
            .GetProperty("field")
            .GetString()
            .Should()
            .Be(field);
    }

    [Fact]
    public async Task ServiceCredential_CannotChangeSettings_AtEitherDoor()
    {
        (string slug, string id, string token) = await NewEnvironmentAsync();

        Reply refused = await ChangeAsync(slug, """{"read_back":true}""", token);
        GrpcReply update = await GrpcCall.SendAsync(
            server,
            $"{Service}UpdateAgentActionsConfig",
            new UpdateAgentActionsConfigRequest { Id = id },
            token
        );
        GrpcReply create = await GrpcCall.SendAsync(
            server,
            $"{Service}CreateAgentActionsConfig",
            new CreateAgentActionsConfigRequest { Id = id },
            token
        );

        refused.Status.Should().Be(403, refused.Body);
        update.Status.Should().Be(7);
        create.Status.Should().Be(7);
    }

    [Fact]
    public async Task AgentActionsConfig_IsTheSameSetting_OverGrpcAndRest()
    {
        (string slug, string id, string token) = await NewEnvironmentAsync();
        AgentActionsConfig wanted = new()
        {
            UserVerifyMode = ConnectedAccountUserVerifyMode.UserVerifyModeNone,
            DetailedErrorLogging = true,
        };

        GrpcReply created = await GrpcCall.SendAsync(
            server,
            $"{Service}CreateAgentActionsConfig",
            new CreateAgentActionsConfigRequest { Id = id, AgentActionsConfig = wanted },
            server.OperatorToken
        );
        Reply read = await server.SendAsync(HttpMethod.Get, $"/api/v1/environments/{id}/settings/agent-actions", token);
        Reply patched = await server.SendAsync(
            HttpMethod.Patch,
            $"/api/v1/environments/{id}/settings/agent-actions",
            server.OperatorToken,
            """{"user_verify_mode":"USER_VERIFY_MODE_B2B"}"""
        );

        created.Status.Should().Be(0, created.Details);
        CreateAgentActionsConfigResponse.Parser.ParseFrom(created.Message).AgentActionsConfig.Should().Be(wanted);
        read.Json.GetProperty("agent_actions_config")
            .GetProperty("user_verify_mode")
            .GetString()
            .Should()
            .Be("USER_VERIFY_MODE_NONE");
        patched
            .Json.GetProperty("agent_actions_config")
            .GetProperty("detailed_error_logging")
            .GetBoolean()
            .Should()
            .BeTrue("it was not named");
        Reply listed = await server.SendAsync(HttpMethod.Get, "/api/v1/behalf/environments", server.OperatorToken);
        listed
            .Json.GetProperty("environments")
            .EnumerateArray()
            .Single(environment => environment.GetProperty("slug").GetString() == slug)
            .GetProperty("verify_mode")
            .GetString()
            .Should()
            .Be("application");
    }

    [Fact]
    public async Task ForeignEnvironment_AnswersLikeARandomOne()
    {
        (_, string id, _) = await NewEnvironmentAsync();
        (_, _, string other) = await NewEnvironmentAsync();

        Reply foreign = await server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/environments/{id}/settings/agent-actions",
            other
        );
        Reply random = await server.SendAsync(
            HttpMethod.Get,
            "/api/v1/environments/env_01m84njn2wf9k9rgwdw6p1gyw9/settings/agent-actions",
            other
        );

        foreign.Status.Should().Be(404);
        (foreign.Status, foreign.Body).Should().Be((random.Status, random.Body));
    }
}
