using Behalf.Server.Tests.Infrastructure;

namespace Behalf.Server.Tests;

/// <summary>What ends by the clock; every test has a server and a clock of its own.</summary>
public sealed class FlowTimeTests
{
    [Fact]
    public async Task LinkStateAndVerification_EndWithTheirTime()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        Uri link = await stage.LinkAsync("alice");
        Person bob = stage.NewPerson("bob");
        Uri callback = await bob.ConsentAsync(await bob.StartAsync(await stage.LinkAsync("bob")));
        Person carol = stage.NewPerson("carol");
        string id = await carol.ConnectAsync(await stage.LinkAsync("carol"));

        stage.Server.Time.Advance(TimeSpan.FromMinutes(11));

        (await stage.NewPerson("alice").OpenAsync(link)).Status.Should().Be(410);
        (await bob.OpenAsync(callback)).Status.Should().Be(410);
        (await stage.VerifyAsync(id, "carol")).Status.Should().Be(404);
        stage.Provider.CountTokenRequests("authorization_code").Should().Be(0);
        (await stage.AccountAsync("bob")).GetProperty("status").GetString().Should().NotBe("ACTIVE");
        (await stage.AccountAsync("carol")).GetProperty("status").GetString().Should().NotBe("ACTIVE");
    }

    [Fact]
    public async Task GuessingTypedCodes_IsThrottled_AndTheClientIsHeardAgainLater()
    {
        await using Stage stage = new();
        await stage.InitializeAsync();
        List<int> answers = [];
        for (int i = 0; i < 40; i++)
        {
            answers.Add((await stage.VerifyAsync($"7KQ2M-{i:00000}", "alice")).Status);
        }

        answers[0].Should().Be(404);
        answers[^1].Should().Be(429);
        // A request id is no guess: the application's ordinary verification goes on.
        await stage.ConnectAsync("alice");
        stage.Server.Time.Advance(TimeSpan.FromMinutes(11));
        string token = await stage.Server.TokenAsync(stage.Server.ServiceClient.Id, stage.Server.ServiceClient.Secret);
        Reply later = await stage.Server.SendAsync(
            HttpMethod.Post,
            "/api/v1/connected_accounts/user/verify",
            token,
            """{"auth_request_id":"7KQ2M-00000","identifier":"alice"}"""
        );
        later.Status.Should().Be(404);
    }
}
