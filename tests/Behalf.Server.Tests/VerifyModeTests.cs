using System.Text.Json;
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
