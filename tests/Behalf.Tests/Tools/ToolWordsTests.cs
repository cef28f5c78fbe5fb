using Behalf.Connectors;
using Behalf.Tests.Connectors;
using Behalf.Tools;

namespace Behalf.Tests.Tools;

/// <summary>Which tools a few words find, among all 209 of a connector.</summary>
public sealed class ToolWordsTests
{
    private const int Handful = 12;

    [Theory]
    [InlineData("Assign the task \"Add a search box\" to me", "update_task")]
    [InlineData("Assign the task “Add a search box” to me", "update_task")]
    [InlineData("What does \"Publish the pricing page\" depend on?", "list_task_dependencies")]
    [InlineData("Set the priority of \"Add a search box\" to low", "update_task")]
    [InlineData("Reopen the task \"Update the footer links\"", "complete_task")]
    [InlineData("webhooks", "webhooks_list")]
    public async Task Words_OfWhatIsWanted_FindTheTool_WhateverTheNameInQuotes(string prompt, string tool) =>
        (await FindAsync(prompt)).Take(Handful).Should().Contain(tool);

    [Theory]
    [InlineData("\"create a project\"")]
    [InlineData("create a project \"")]
    public async Task WhatIsAllInQuotes_IsSearchedForAllTheSame(string prompt) =>
        (await FindAsync(prompt)).Should().Contain("create_project");

    [Fact]
    public async Task ToolsForModels_ComeBeforeRequestsOfTheSameWords() =>
        (await FindAsync("task")).Take(20).Should().OnlyContain(name => Curated.Value.Contains(name));

    private static readonly Lazy<HashSet<string>> Curated = new(() =>
        [
            .. BundledConnectors
                .ReadAsync("asana")
                .GetAwaiter()
                .GetResult()
                .Tools.Where(tool => tool.IsDefault)
                .Select(tool => tool.Name),
        ]
    );

    private static async Task<IReadOnlyList<string>> FindAsync(string query)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync("asana");
        ScopedTool[] all =
        [
            .. definition.Tools.Select(tool => new ScopedTool(new OfferedTool(tool.Name, tool, null!), null!)),
        ];
        return [.. ToolWords.Rank(all, query).Select(found => found.Tool.Definition.Name)];
    }
}
