using Behalf.Connectors;

namespace Behalf.Tests.Connectors;

public sealed class BundledConnectorTests
{
    public static TheoryData<string> Slugs =>
        [
            .. Directory
                .EnumerateDirectories(BundledConnectors.Folder)
                .Where(folder => File.Exists(Path.Combine(folder, ConnectorFolder.MainFile)))
                .Select(folder => Path.GetFileName(folder)),
        ];

    [Theory]
    [MemberData(nameof(Slugs))]
    public async Task BundledConnector_IsAccepted_ByTheReader(string slug)
    {
        ConnectorDefinition definition = await BundledConnectors.ReadAsync(slug);

        definition.Slug.Should().Be(slug);
        definition.Tools.Should().NotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Slugs))]
    public async Task BundledConnector_HasACuratedSet(string slug)
    {
        int listed = (await BundledConnectors.ReadAsync(slug)).Tools.Count(tool => tool.IsDefault);

        listed.Should().BeInRange(10, slug == "asana" ? 58 : 25);
    }

    [Theory]
    [MemberData(nameof(Slugs))]
    public async Task Readme_SaysWhatWasCheckedAgainstTheLiveService_AndWhatWasNot(string slug)
    {
        string readme = await File.ReadAllTextAsync(
            Path.Combine(BundledConnectors.Folder, slug, "README.md"),
            TestContext.Current.CancellationToken
        );

        readme
            .ReplaceLineEndings(" ")
            .Should()
            .Contain("**Checked against the live service:**")
            .And.Contain("stand-in");
    }
}
