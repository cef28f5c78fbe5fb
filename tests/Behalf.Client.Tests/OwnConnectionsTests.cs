using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Client.Tests;

/// <summary>A user's own accounts, an environment's own connectors, and what is kept beside them, against a real server.</summary>
public sealed class OwnConnectionsTests(Stage stage) : IClassFixture<Stage>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task User_SeesConnectsAndEndsTheirOwnAccountAlone()
    {
        using var behalf = stage.NewServiceClient();
        using var alice = behalf.CreateUserClient("alice-own");
        await stage.ConnectAsync("bob-own");

        var before = Own(await alice.MyConnections.ListAsync(Cancellation));
        var link = await alice.MyConnections.CreateLinkAsync(Stage.Connection, Cancellation);
        await stage.ConnectAsync("alice-own");
        var connected = Own(await alice.MyConnections.ListAsync(Cancellation));
        await alice.MyConnections.DisconnectAsync(connected.AccountId!, Cancellation);
        var after = Own(await alice.MyConnections.ListAsync(Cancellation));

        (before.Status, before.AccountId).Should().Be(("NOT_CONNECTED", null));
        link.Link.AbsolutePath.Should().StartWith("/magicLink/");
        connected.Status.Should().Be("ACTIVE");
        after.Status.Should().NotBe("ACTIVE");
        (await behalf.Accounts.GetAsync(Stage.Connection, "bob-own", Cancellation)).IsActive.Should().BeTrue();
    }

    [Fact]
    public async Task Credential_IsReadBack_OnlyWhereTheOperatorTurnedItOn()
    {
        using var behalf = stage.NewServiceClient();
        var (access, refresh) = stage.Provider.GrantElsewhere(stage.Client, "carol", "things");
        await behalf.Accounts.CreateAsync(
            Stage.Connection,
            "carol-read",
            new AccountSettings { Credential = new AccountCredential.Tokens(access, refresh) { Scopes = ["things"] } },
            Cancellation
        );

        (await behalf.Credentials.ReadAsync(Stage.Connection, "carol-read", Cancellation)).Should().BeNull();

        await TurnReadBackAsync(true);
        try
        {
            var read = await behalf.Credentials.ReadAsync(Stage.Connection, "carol-read", Cancellation);
            var tokens = read.Should().BeOfType<AccountCredential.Tokens>().Subject;
            tokens.AccessToken.Reveal().Should().Be(access);
            tokens.ToString().Should().NotContain(access);
        }
        finally
        {
            await TurnReadBackAsync(false);
        }
    }

    [Fact]
    public async Task Connector_OfTheEnvironmentsOwn_IsAddedChangedListedAndRemoved()
    {
        using var behalf = stage.NewServiceClient();
        var patterns = JsonNode
            .Parse(
                """[{"type":"API_KEY","fields":[{"field_name":"api_key","label":"API key","input_type":"password"}]}]"""
            )!
            .AsArray();
        var weather = new CustomConnector("Weather Station", new Uri("https://api.weather.example/v1"), patterns);

        var added = await behalf.CustomConnectors.AddAsync(weather, Cancellation);
        var changed = await behalf.CustomConnectors.ChangeAsync(
            added.Slug,
            weather with
            {
                Description = "Temperatures and rain.",
            },
            Cancellation
        );

        (added.Slug, added.IsCustom).Should().Be(("weatherstation", true));
        changed.Description.Should().Be("Temperatures and rain.");
        var all = await behalf.CustomConnectors.ListAsync(Cancellation).ToListAsync(Cancellation);
        all.Should().Contain(changed).And.Contain(connector => connector.Slug == "tracker" && !connector.IsCustom);
        await behalf.CustomConnectors.RemoveAsync(added.Slug, Cancellation);
        var gone = () => behalf.CustomConnectors.RemoveAsync(added.Slug, Cancellation);
        (await gone.Should().ThrowAsync<BehalfException>()).Which.Kind.Should().Be(BehalfErrorKind.NotFound);
    }

    [Fact]
    public async Task Context_IsKeptPerOrganization()
    {
        using var behalf = stage.NewServiceClient();
        var connection = await behalf.Connections.GetAsync(Stage.Connection, Cancellation);
        var context = new JsonObject { ["region"] = "eu", ["seats"] = 12 };

        await behalf.ConnectionContexts.SetAsync(connection.Id, context, "org_acme", Cancellation);

        var kept = await behalf.ConnectionContexts.GetAsync(connection.Id, "org_acme", Cancellation);
        JsonNode.DeepEquals(kept, context).Should().BeTrue(kept.ToJsonString());
        var others = await behalf.ConnectionContexts.GetAsync(connection.Id, cancellationToken: Cancellation);
        others.Should().BeEmpty();
    }

    private static MyConnection Own(IReadOnlyList<MyConnection> connections) =>
        connections.Single(connection => connection.ConnectionName == Stage.Connection);

    private async Task TurnReadBackAsync(bool on)
    {
        using var admin = await stage.NewOperatorAsync();
        await admin.Environments.ChangeAsync("default", new EnvironmentChange { ReadBack = on }, Cancellation);
    }
}
