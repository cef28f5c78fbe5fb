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
}
