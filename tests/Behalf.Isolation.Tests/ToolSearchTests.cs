using Behalf.Client;

namespace Behalf.Isolation.Tests;

/// <summary>Tools found by words: by the server, among what one user's account may call.</summary>
public sealed class ToolSearchTests(EvalPractice practice) : IClassFixture<EvalPractice>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("create a task", "asana_create_task")]
    [InlineData("share a project with somebody", "asana_share_project")]
    [InlineData("webhooks", "asana_webhooks_list")]
    [InlineData("log time on a task", "asana_task_time_tracking_entry_create")]
    [InlineData("allocation of people", "asana_allocations_list")]
    public async Task Words_FindTools_AlsoThoseNoListHolds(string query, string expected)
    {
        UserClient alice = practice.As("alice");

        IReadOnlyList<UserTool> found = await alice.SearchToolsAsync(query, cancellationToken: Cancellation);
        IReadOnlyList<UserTool> again = await alice.SearchToolsAsync(query, cancellationToken: Cancellation);

        found.Select(tool => tool.Name).Should().Contain(expected);
        found.Should().HaveCountLessThanOrEqualTo(8);
        again.Select(tool => tool.Name).Should().Equal(found.Select(tool => tool.Name));
        found.Should().OnlyContain(tool => tool.ConnectionName == "asana" && tool.ApproximateTokens > 0);
    }

    [Fact]
    public async Task WordsThatNoToolHas_FindNothing() =>
        (await practice.As("alice").SearchToolsAsync("xylophone", cancellationToken: Cancellation)).Should().BeEmpty();

    [Fact]
    public async Task AHandful_TakesAFractionOfTheContext()
    {
        UserClient alice = practice.As("alice");

        IReadOnlyList<UserTool> all = (await alice.ListToolsAsync(Cancellation)).Tools;
        IReadOnlyList<UserTool> shown = await alice.SearchToolsAsync(
            "Create a high-priority task in the project Website and assign it to me",
            12,
            Cancellation
        );

        int before = all.Sum(tool => tool.ApproximateTokens);
        int after = shown.Sum(tool => tool.ApproximateTokens);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{all.Count} tools {before} tokens, {shown.Count} tools {after}"
        );
        (after * 3).Should().BeLessThan(before);
    }
}
