using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>Who confirms a connecting person, as the environment says.</summary>
public sealed class VerifyModeTests(Stage stage) : IClassFixture<Stage>
{
    private async Task<Reply> LinkAsync(TestEnvironment environment, string identifier) =>
        await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/magic_link",
            environment.Token,
            JsonSerializer.Serialize(new { connector = Stage.Connection, identifier })
        );

    private async Task<JsonElement> AccountAsync(TestEnvironment environment, string identifier)
    {
        Reply account = await stage.Server.SendAsync(
            HttpMethod.Get,
            $"/api/v1/connected_accounts/details?connector={Stage.Connection}&identifier={identifier}",
            environment.Token
        );
        account.Status.Should().Be(200, account.Body);
        return account.Json.GetProperty("connected_account");
    }

    [Fact]
    public async Task ModeNone_ConnectsAtTheCallback_AndTheTrailSaysThatNobodyConfirmed()
    {
        TestEnvironment environment = await TestEnvironment.AddAsync(stage.Server, new { verify_mode = "none" });
        await stage.AddConnectionAsync(
            Stage.Connection,
            "unverified-client",
            "unverified-secret-of-a-client",
            environment.Token
        );
        Reply link = await LinkAsync(environment, "alice");
        link.Status.Should().Be(200, link.Body);
        Person person = stage.NewPerson("alice");

        Uri callback = await person.ConsentAsync(
            await person.StartAsync(new Uri(link.Json.GetProperty("link").GetString()!))
        );
        Page page = await person.OpenAsync(callback);

        page.Status.Should().Be(200, page.Body);
        (await AccountAsync(environment, "alice")).GetProperty("status").GetString().Should().Be("ACTIVE");
        Reply trail = await stage.Server.SendAsync(
            HttpMethod.Get,
            "/api/v1/behalf/audit?kind=admin&identifier=alice",
            environment.Token
        );
        trail.Body.Should().Contain("account.not_verified").And.Contain("verification_off");
        stage.LogLines.Should().Contain(line => line.Contains("nobody confirms"));
    }

    [Theory]
    [InlineData("application")]
    [InlineData("elicitation")]
    public async Task ModeHosted_AsksForTheSignIn(string kind)
    {
        await using PeopleStageOfOne own = await PeopleStageOfOne.StartAsync();
        PeopleStage people = own.Stage;
        Reply changed = await people.Server.SendAsync(
            HttpMethod.Patch,
            "/api/v1/behalf/environments/default",
            people.Server.OperatorToken,
            """{"verify_mode":"hosted"}"""
        );
        changed.Status.Should().Be(200, changed.Body);
        Uri link =
            kind == "application" ? await people.Stage.LinkAsync("alice") : await AskedAsync(people.Stage, "alice");

        Page nobody = await people.NewPerson("nobody").OpenAsync(link);
        nobody.Status.Should().Be(303, nobody.Body);
        nobody.Location!.ToString().Should().Be($"/sign-in?return={Uri.EscapeDataString(link.AbsolutePath)}");
        Page bob = await (await people.SignedInAsync("bob")).OpenAsync(link);
        bob.Status.Should().Be(403, bob.Body);
        Person alice = await people.SignedInAsync("alice");
        Page connected = await alice.OpenAsync(await alice.ConsentAsync(await alice.StartAsync(link)));

        connected.Status.Should().Be(200, connected.Body);
        connected.Body.Should().Contain("Connected", "our sign-in has confirmed who it is; no application is asked");
        (await people.Stage.AccountAsync("alice")).GetProperty("status").GetString().Should().Be("ACTIVE");
        (await people.AuditAsync("kind=denial&identifier=alice"))
            .Should()
            .ContainSingle(record => record.GetProperty("action").GetString() == "link.opened")
            .Which.GetProperty("detail")
            .GetString()
            .Should()
            .Contain("is \"bob\"");
    }

    [Fact]
    public async Task LinkOfAVirtualServer_IsConfirmedByTheApplication_InItsMode()
    {
        Uri link = await AskedAsync(stage, "alice-virtual");
        Person alice = stage.NewPerson("alice-virtual");

        Page back = await alice.OpenAsync(await alice.ConsentAsync(await alice.StartAsync(link)));

        back.Status.Should().Be(200, back.Body);
        back.Body.Should().Contain("id=\"code\"", "no application said where to send the person");
        (await stage.AccountAsync("alice-virtual"))
            .GetProperty("status")
            .GetString()
            .Should()
            .Be("PENDING_VERIFICATION");
    }

    /// <summary>From a call at a virtual server, by a client that opens pages.</summary>
    private static async Task<Uri> AskedAsync(Stage stage, string identifier)
    {
        Visitor visitor = new(
            stage.Server,
            new Uri($"{stage.Server.Server.Url}/mcp/v3/connections/tracker"),
            string.Empty,
            await stage.ConnectionTokenAsync(identifier),
            "2026-07-28"
        )
        {
            Capabilities = new JsonObject { ["elicitation"] = new JsonObject { ["url"] = new JsonObject() } },
        };
        return new Uri(McpCalls.AskedUrl(await visitor.ToolAsync("tracker_get_thing", new { thing = "7" })));
    }

    [Fact]
    public async Task DefaultVerifyUrl_IsWhereABrowserIsSent_WhenALinkNamesNoPlace()
    {
        TestEnvironment environment = await TestEnvironment.AddAsync(
            stage.Server,
            new { default_verify_url = "http://127.0.0.1:9/back" }
        );
        await stage.AddConnectionAsync(
            Stage.Connection,
            "default-url-client",
            "default-url-secret-of-a-client",
            environment.Token
        );
        Reply link = await LinkAsync(environment, "alice");
        Person person = stage.NewPerson("alice");

        Uri callback = await person.ConsentAsync(
            await person.StartAsync(new Uri(link.Json.GetProperty("link").GetString()!))
        );
        Page page = await person.OpenAsync(callback);

        page.Location!.ToString().Should().StartWith("http://127.0.0.1:9/back?auth_request_id=");
        person.RequestIdOf(page).Should().NotBeEmpty();
        (await AccountAsync(environment, "alice"))
            .GetProperty("status")
            .GetString()
            .Should()
            .Be("PENDING_VERIFICATION");
    }
}
