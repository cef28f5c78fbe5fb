using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Tools.Fixtures;

namespace Behalf.Tests.Connectors;

/// <summary>
/// The exchanges beside each definition: the requests a tool must make, in their order, exactly; what the provider
/// answers; what the model gets.
/// </summary>
public sealed class FixtureTests
{
    public static TheoryData<string> Fixtures =>
        [
            .. Directory
                .EnumerateFiles(BundledConnectors.Folder, "*.json", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(BundledConnectors.Folder, file).Replace('\\', '/'))
                .Where(path => path.Contains("/fixtures/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Tool_MakesExactlyTheRecordedRequests_AndShapesTheAnswer(string fixture)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync(fixture.Split('/')[0]);

        FixtureResult result = await ConnectorFixtures.RunAsync(
            definition,
            await File.ReadAllTextAsync(
                Path.Combine(BundledConnectors.Folder, fixture),
                TestContext.Current.CancellationToken
            ),
            TestContext.Current.CancellationToken
        );

        result.Faults.Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(BundledConnectorTests.Slugs), MemberType = typeof(BundledConnectorTests))]
    public async Task EveryToolOfAModelsList_HasAFixture(string slug)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync(slug);
        IEnumerable<string> recorded = Directory
            .EnumerateFiles(Path.Combine(BundledConnectors.Folder, slug, "fixtures"), "*.json")
            .Select(file => JsonNode.Parse(File.ReadAllText(file))!["tool"]!.GetValue<string>());

        definition.Tools.Where(tool => tool.IsDefault).Select(tool => tool.Name).Should().BeSubsetOf(recorded);
    }
}
