using System.Net;
using System.Text.Json;
using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>The page where people see and end what acts for them.</summary>
public sealed class AccessPageTests(PeopleStage stage) : IClassFixture<PeopleStage>
{
    private Uri Url => new($"{stage.Url}/access");

    [Fact]
    public async Task Page_ShowsTheOwnClientsAndAccounts_AndNobodyElses()
    {
        await stage.Stage.ConnectAsync("alice");
        McpClientProgram own = await stage.ClientAsync(name: "Notes <b>by</b> Acme");
        McpClientProgram bobs = await stage.ClientAsync(name: "Only of Bob");
        Person alice = await stage.SignedInAsync("alice");
        await own.TokensAsync(alice, ("scope", "tools:read"));
        await bobs.TokensAsync(await stage.SignedInAsync("bob"));

        Page page = await alice.OpenAsync(Url);

        page.Status.Should().Be(200, page.Body);
        page.Body.Should().NotContain("<b>by</b>").And.NotContain("Only of Bob");
        string text = WebUtility.HtmlDecode(page.Body);
        text.Should().Contain("Notes <b>by</b> Acme").And.Contain("reads, since 23 November 2026");
        text.Should().Contain("tracker").And.Contain("connected");
    }

    [Fact]
    public async Task Ending_HoldsAtTheNextRequest_AndTheClientHasToAskAgain()
    {
        McpClientProgram client = await stage.ClientAsync();
        Person alice = await stage.SignedInAsync("alice");
        JsonElement first = await client.TokensAsync(alice);
        JsonElement second = (
            await client.ExchangeAsync(
                McpClientProgram.CodeOf((await alice.OpenAsync(client.AuthorizationRequest())).Location!)
            )
        ).Json;
        alice.Secrets.Enqueue(second.GetProperty("access_token").GetString()!);
        (await client.Visit(second).SendAsync("tools/list", [])).Status.Should().Be(200);
        Page page = await alice.OpenAsync(Url);

        Page ended = await alice.SendAsync(Url, Form.Of(page, $"end-{client.ClientId}"));

        ended.Status.Should().Be(200, ended.Body);
        ended.Body.Should().Contain("has to ask you again").And.NotContain($"end-{client.ClientId}");
        foreach (JsonElement tokens in new[] { first, second })
        {
            (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(401);
            (await client.RefreshAsync(tokens.GetProperty("refresh_token").GetString()!)).Status.Should().Be(400);
        }

        Page asked = await alice.OpenAsync(client.AuthorizationRequest());
        asked.Status.Should().Be(200, "the consent is forgotten");
        asked.Body.Should().Contain("id=\"consent\"");
        JsonElement[] trail = await stage.AuditAsync("kind=admin&identifier=alice");
        trail.Should().Contain(record => record.GetProperty("action").GetString() == "grant.ended");
    }

    [Fact]
    public async Task ForgedOrForeignForms_EndNothing()
    {
        McpClientProgram client = await stage.ClientAsync();
        Person alice = await stage.SignedInAsync("alice");
        Person bob = await stage.SignedInAsync("bob");
        JsonElement tokens = await client.TokensAsync(alice);
        Form own = Form.Of(await alice.OpenAsync(Url), $"end-{client.ClientId}");
        McpClientProgram other = await stage.ClientAsync();
        await other.TokensAsync(bob);
        Form bobs = Form.Of(await bob.OpenAsync(Url), $"end-{other.ClientId}");
        string target = own.Hidden.Single(pair => pair.Key == "client").Value;

        Page withoutToken = await alice.SendAsync(
            Url,
            own with
            {
                Hidden = [.. own.Hidden.Where(pair => pair.Key != "form_token")],
            }
        );
        Page ofBob = await bob.SendAsync(
            Url,
            bobs with
            {
                Hidden =
                [
                    .. bobs.Hidden.Select(pair => pair.Key == "client" ? KeyValuePair.Create("client", target) : pair),
                ],
            }
        );
        Page odd = await alice.SendAsync(
            Url,
            own with
            {
                Hidden =
                [
                    .. own.Hidden.Select(pair => pair.Key == "client" ? KeyValuePair.Create("client", "x") : pair),
                ],
            }
        );
        Page nobody = await stage.NewPerson("nobody").SendAsync(Url, own);

        withoutToken.Status.Should().Be(400);
        ofBob.Status.Should().Be(400);
        odd.Status.Should().Be(400);
        nobody.Status.Should().Be(303);
        (await client.Visit(tokens).SendAsync("tools/list", [])).Status.Should().Be(200);
    }

    [Fact]
    public async Task WithoutASignIn_ThereIsOnlyTheSignIn_WhichLeadsBack()
    {
        Page page = await stage.NewPerson("nobody").OpenAsync(Url);

        page.Status.Should().Be(303);
        page.Location!.ToString().Should().Be("/sign-in?return=%2Faccess");
        Page signedIn = await stage
            .NewPerson("alice")
            .SignInAsync(new Uri(stage.Url), "alice", PeopleStage.Password, "/access");
        signedIn.Body.Should().Contain("href=\"/access\"");
    }
}
