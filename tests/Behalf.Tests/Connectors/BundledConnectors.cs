using System.Collections.Concurrent;
using Behalf.Connectors;

namespace Behalf.Tests.Connectors;

/// <summary>The bundled connector folders of the repository, read once.</summary>
internal static class BundledConnectors
{
    public static string Root { get; } = FindRoot();

    public static string Folder => Path.Combine(Root, "connectors");

    private static readonly ConcurrentDictionary<string, Lazy<Task<ConnectorDefinition>>> Known = new(
        StringComparer.Ordinal
    );

    public static Task<ConnectorDefinition> ReadAsync(string slug) =>
        Known.GetOrAdd(slug, name => new Lazy<Task<ConnectorDefinition>>(() => LoadAsync(name))).Value;

    private static async Task<ConnectorDefinition> LoadAsync(string slug) =>
        DefinitionReader.Read(await ConnectorFolder.ReadAsync(Path.Combine(Folder, slug), CancellationToken.None));

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
