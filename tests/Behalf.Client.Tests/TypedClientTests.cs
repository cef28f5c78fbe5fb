using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Client.Tests;

/// <summary>What the typed client does beyond running tools, against a real server.</summary>
public sealed class TypedClientTests(Stage stage) : IClassFixture<Stage>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AccountCredential.Tokens Tokens(string user)
    {
        var (access, refresh) = stage.Provider.GrantElsewhere(stage.Client, user, "things");
        return new AccountCredential.Tokens(access, refresh) { Scopes = ["things"] };
    }

    [Fact]
    public async Task BroughtTokens_MakeAnActiveAccount_ThatIsFoundAndUsed()
    {
        using var behalf = stage.NewServiceClient();

        var account = await behalf.Accounts.CreateAsync(
            Stage.Connection,
            "alice-brought",
            new AccountSettings
            {
                Credential = Tokens("alice"),
                ApiConfig = new JsonObject { ["site"] = "acme" },
            },
            Cancellation
        );

        account.IsActive.Should().BeTrue();
        account.Scopes.Should().Equal("things");
        var found = await behalf.Accounts.SearchAsync("alice-brou", Cancellation).ToListAsync(Cancellation);
        found.Should().ContainSingle().Which.Id.Should().Be(account.Id);
        var outcome = await behalf.Tools.ExecuteAsync(
            "alice-brought",
            "tracker_get_thing",
            new JsonObject { ["thing"] = "1" },
            new ExecuteOptions { AgentRunId = "run-brought" },
            Cancellation
        );
        outcome.Should().BeOfType<ToolOutcome.Succeeded>();
        await behalf.Accounts.DeleteAsync(account.Id, Cancellation);
        (await behalf.Accounts.FindAsync(Stage.Connection, "alice-brought", Cancellation)).Should().BeNull();
    }

    [Fact]
    public async Task Change_ReplacesTheCredential_OfAnotherUserOnlyOnPurpose()
    {
        using var behalf = stage.NewServiceClient();
        var account = await behalf.Accounts.CreateAsync(
            Stage.Connection,
            "bob-changed",
            new AccountSettings { Credential = Tokens("bob") },
            Cancellation
        );
        var others = new AccountSettings { Credential = Tokens("mallory") };

        var refused = () => behalf.Accounts.ChangeAsync(account.Id, others, Cancellation);
        (await refused.Should().ThrowAsync<BehalfException>()).Which.Code.Should().Be("provider_user_changed");

        var changed = await behalf.Accounts.ChangeAsync(
            account.Id,
            others with
            {
                AllowOtherProviderUser = true,
            },
            Cancellation
        );
        changed.IsActive.Should().BeTrue();
    }

    [Fact]
    public async Task Fields_AreSentAsTheConnectorsOwn()
    {
        using var behalf = stage.NewServiceClient();
        var credential = new AccountCredential.Fields(
            new Dictionary<string, SecretText> { ["api_key"] = "key-of-carol" }
        );

        var refused = () =>
            behalf.Accounts.CreateAsync(
                Stage.Connection,
                "carol-fields",
                new AccountSettings { Credential = credential },
                Cancellation
            );

        var exception = (await refused.Should().ThrowAsync<BehalfException>()).Which;
        exception
            .Violations.Should()
            .ContainSingle()
            .Which.Field.Should()
            .Be("connected_account.authorization_details.static_auth");
        exception.ToString().Should().NotContain("key-of-carol");
        credential.ToString().Should().NotContain("key-of-carol");
    }

    [Fact]
    public async Task Refusal_CarriesTheLink_AndEventsAndLogsTellTheStory()
    {
        using var behalf = stage.NewServiceClient();
        var arguments = new JsonObject { ["thing"] = "1" };

        var outcome = await behalf.Tools.ExecuteAsync("dave-told", "tracker_get_thing", arguments, null, Cancellation);

        var failed = outcome.Should().BeOfType<ToolOutcome.Failed>().Subject;
        failed.NeedsAuthorization.Should().BeTrue();
        failed.AuthorizationLink!.AbsolutePath.Should().StartWith("/magicLink/");
        await stage.ConnectAsync("dave-told");
        var done = await behalf.Tools.ExecuteAsync("dave-told", "tracker_get_thing", arguments, null, Cancellation);
        var executionId = done.Should().BeOfType<ToolOutcome.Succeeded>().Subject.ExecutionId;
        var account = await behalf.Accounts.GetAsync(Stage.Connection, "dave-told", Cancellation);
        var events = await behalf
            .Events.ListAsync(new EventQuery { AccountId = account.Id }, Cancellation)
            .ToListAsync(Cancellation);
        events
            .Select(one => one.Type)
            .Should()
            .Contain(["connected_account.created", "connected_account.status_updated"]);
        events[^1].Type.Should().Be("connected_account.created", "the newest comes first");
        var log = await behalf.ToolCallLogs.GetAsync(executionId, Cancellation);
        (log.ToolName, log.Identifier, log.Status).Should().Be(("tracker_get_thing", "dave-told", "success"));
        var listed = await behalf
            .ToolCallLogs.ListAsync(new ToolCallQuery { Identifier = "dave-told" }, Cancellation)
            .ToListAsync(Cancellation);
        listed.Should().ContainSingle().Which.ExecutionId.Should().Be(executionId);
        (await behalf.ToolCallLogs.CountAsync(cancellationToken: Cancellation)).Success.Should().BePositive();
    }

    [Fact]
    public async Task Connection_AndClient_AreChangedByTheSameVerb()
    {
        using var behalf = stage.NewServiceClient();
        var changed = await behalf.Connections.ChangeAsync(
            Stage.Connection,
            new ConnectionChange { Proxy = "read" },
            Cancellation
        );
        changed.Proxy.Should().Be("read");
        var back = await behalf.Connections.ChangeAsync(
            Stage.Connection,
            new ConnectionChange { Proxy = "default" },
            Cancellation
        );
        back.Proxy.Should().Be("default");

        using var admin = await stage.NewOperatorAsync();
        var made = await admin.Clients.AddAsync(new NewApiClient { Name = "Before" }, Cancellation);
        var limited = await admin.Clients.ChangeAsync(
            made.Client.ClientId,
            new ApiClientChange { Name = "After", Tools = ["tracker_get_thing"] },
            Cancellation
        );
        (limited.Name, limited.Tools.Single()).Should().Be(("After", "tracker_get_thing"));
        (await admin.Clients.ChangeAsync(made.Client.ClientId, new ApiClientChange { Tools = [] }, Cancellation))
            .Tools.Should()
            .BeEmpty();
    }

    [Fact]
    public async Task CustomTool_IsMadeChangedOfferedAndRemoved()
    {
        using var behalf = stage.NewServiceClient();
        var procedure = new JsonObject
        {
            ["scopes"] = new JsonArray("things"),
            ["request"] = new JsonObject { ["path"] = "/things" },
        };
        CustomTool Tool(string description) =>
            new(
                Stage.Connection,
                new JsonObject
                {
                    ["name"] = "all_things",
                    ["description"] = description,
                    ["annotations"] = new JsonObject { ["read_only_hint"] = true },
                },
                procedure.DeepClone().AsObject()
            );

        var first = await behalf.CustomTools.CreateAsync(Tool("Lists all things there are."), Cancellation);
        var second = await behalf.CustomTools.ChangeAsync(first.Id, Tool("Lists every thing there is."), Cancellation);
        (first.Name, first.Version, first.IsDefault).Should().Be(("tracker_all_things", "1.1", true));
        (second.Version, second.IsDefault).Should().Be(("2.1", false));
        var offered = await behalf.CustomTools.SetDefaultAsync(first.Name, second.Version, Cancellation);
        (offered.Version, offered.IsDefault).Should().Be(("2.1", true));
        await behalf.CustomTools.DeleteAsync(first.Id, Cancellation);
        var gone = () => behalf.CustomTools.DeleteAsync(first.Id, Cancellation);
        (await gone.Should().ThrowAsync<BehalfException>()).Which.Kind.Should().Be(BehalfErrorKind.NotFound);
    }

    [Fact]
    public async Task McpServer_IsConfigured_AndGivesAUsersToken()
    {
        using var behalf = stage.NewServiceClient();
        await stage.ConnectAsync("erin-mcp");

        var added = await behalf.McpServers.AddAsync(
            "team",
            [new McpConnection(Stage.Connection, "tracker_get_thing")],
            "For the team",
            Cancellation
        );
        var token = await behalf.McpServers.CreateTokenAsync(
            added.Id,
            "erin-mcp",
            TimeSpan.FromMinutes(5),
            readOnly: true,
            Cancellation
        );
        var changed = await behalf.McpServers.ChangeAsync(
            added.Id,
            [new McpConnection(Stage.Connection)],
            cancellationToken: Cancellation
        );

        added.Url!.AbsolutePath.Should().StartWith("/mcp/");
        added.Connections.Single().Tools.Should().Equal("tracker_get_thing");
        token.Token.Reveal().Split('.').Should().HaveCount(3);
        changed.Connections.Single().Tools.Should().BeEmpty();
        (await behalf.McpServers.ListAsync(Cancellation).ToListAsync(Cancellation)).Should().ContainSingle();
        await behalf.McpServers.RemoveAsync(added.Id, Cancellation);
        var gone = () => behalf.McpServers.GetAsync(added.Id, Cancellation);
        (await gone.Should().ThrowAsync<BehalfException>()).Which.Kind.Should().Be(BehalfErrorKind.NotFound);
    }
}
