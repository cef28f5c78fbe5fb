using System.Text.Json.Nodes;
using Behalf.Sandbox.Store;
using Behalf.Sandbox.World;

namespace Behalf.Sandbox.Tests;

public sealed class WorldTests
{
    [Fact]
    public void TheBuiltInWorld_IsValid() => WorldReader.Read(WorldReader.DefaultText).Users.Should().HaveCount(6);

    [Theory]
    [InlineData("Leadership OKR board", "Secret garden plan")]
    [InlineData("Website", "Harbour")]
    [InlineData("Priority", "Urgency")]
    [InlineData("Alice Adams", "Erin Alice")]
    public async Task ARenamedWorld_Works(string name, string other)
    {
        var text = WorldReader.DefaultText.Replace($"\"{name}\"", $"\"{other}\"", StringComparison.Ordinal);
        await using var app = SandboxApp.Build(new SandboxOptions { World = text });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        var world = await http.GetStringAsync(
            new Uri(app.Urls.First() + "/_sandbox/world"),
            TestContext.Current.CancellationToken
        );
        world.Should().Contain(other).And.NotContain($"\"{name}\"");
        JsonNode.Parse(world)!["story"]!["roles"]!["creator"]!["key"]!.GetValue<string>().Should().Be("alice");
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("\"owner\": \"bob\"", "\"owner\": \"zoe\"", "project launch-plan: there is no user zoe")]
    [InlineData(
        "\"section\": \"Spring\"",
        "\"section\": \"Winter\"",
        "task seeds: project garden has no section \"Winter\""
    )]
    [InlineData("\"key\": \"salary\"", "\"key\": \"venue\"", "task venue: the key is already that of a task")]
    [InlineData("{{okr-revenue}}", "{{nowhere}}", "task home-page: the text refers to {{nowhere}}, which is not there")]
    [InlineData(
        "\"priority_option\": \"High\"",
        "\"priority_option\": \"Top\"",
        "story: the field priority has no option \"Top\""
    )]
    [InlineData("\"depends_on\": [\"okr-pricing\"", "\"depends_on\": [\"x\"", "task pricing-page: there is no task x")]
    [InlineData("\"effort\": 3.5", "\"effort\": \"much\"", "task home-page: \"much\" is no value of the field effort")]
    [InlineData(
        "\"privacy\": \"private_to_team\"",
        "\"privacy\": \"open\"",
        "project campaigns: the privacy \"open\" is not one of private, private_to_team, public_to_workspace"
    )]
    [InlineData("\"plan\": \"free\"", "\"price\": 1", "could not be mapped")]
    public void AWrongWorld_IsRefused_WithWhatIsWrong(string right, string wrong, string problem)
    {
        var text = WorldReader.DefaultText.Replace(right, wrong, StringComparison.Ordinal);
        text.Should().NotBe(WorldReader.DefaultText);
        var reading = () => WorldReader.Read(text);
        reading.Should().Throw<InvalidWorldException>().WithMessage($"*{problem}*");
    }

    [Fact]
    public void Gids_AreSixteenDigits_UniqueAndTheSameForTheSameSeed()
    {
        var (one, same, other) = (new GidSequence(1), new GidSequence(1), new GidSequence(2));
        var gids = Enumerable.Range(0, 1000).Select(_ => one.Next()).ToList();
        gids.Should().OnlyHaveUniqueItems().And.AllSatisfy(g => g.Should().MatchRegex("^[0-9]{16}$"));
        Enumerable.Range(0, 1000).Select(_ => same.Next()).Should().Equal(gids);
        gids.Should().NotContain(other.Next());
        gids.Max(long.Parse).Should().BeLessThan(1L << 53);
    }
}
