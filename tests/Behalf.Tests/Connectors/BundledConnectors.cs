using Behalf.Connectors;

namespace Behalf.Tests.Connectors;

/// <summary>The bundled connector folders of the repository, read once.</summary>
internal static class BundledConnectors
{
    public static string Root { get; } = FindRoot();

    public static string Folder => Path.Combine(Root, "connectors");

    public static async Task<ConnectorDefinition> ReadAsync(string slug)
    {
        string document = await ConnectorFolder.ReadAsync(
            Path.Combine(Folder, slug),
            TestContext.Current.CancellationToken
        );
        return DefinitionReader.Read(document);
    }

    private static string FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Behalf.slnx")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("The repository's root was not found.");
    }
}
