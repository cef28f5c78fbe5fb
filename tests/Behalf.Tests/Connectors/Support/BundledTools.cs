using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Tools;

namespace Behalf.Tests.Connectors.Support;

/// <summary>Every tool of every bundled connector, under each of its names.</summary>
internal static class BundledTools
{
    /// <value>Slug and name.</value>
    public static TheoryData<string, string> Names
    {
        get
        {
            TheoryData<string, string> names = [];
            foreach (string slug in Slugs)
            {
                foreach (ToolDefinition tool in BundledConnectors.ReadAsync(slug).GetAwaiter().GetResult().Tools)
                {
                    foreach (string name in tool.Names)
                    {
                        names.Add(slug, name);
                    }
                }
            }

            return names;
        }
    }

    public static IEnumerable<string> Slugs =>
        Directory
            .EnumerateDirectories(BundledConnectors.Folder)
            .Where(folder => File.Exists(Path.Combine(folder, ConnectorFolder.MainFile)))
            .Select(folder => Path.GetFileName(folder))
            .Order(StringComparer.Ordinal);

    /// <returns>File name without its ending, and what is in it; in order.</returns>
    public static IEnumerable<(string Name, JsonObject Script)> FixturesOf(string slug) =>
        Directory
            .EnumerateFiles(Path.Combine(BundledConnectors.Folder, slug, "fixtures"), "*.json")
            .Order(StringComparer.Ordinal)
            .Select(file =>
                (Path.GetFileNameWithoutExtension(file), JsonNode.Parse(File.ReadAllText(file))!.AsObject())
            );

    public static OfferedTool Offered(ConnectorDefinition definition, string name)
    {
        (ToolDefinition tool, ToolAlias? alias) = definition.Find(name)!.Value;
        return new OfferedTool(tool.Name, tool, null!) { Alias = alias };
    }

    /// <param name="json">Of any depth: how deep it may be is the reader's to say.</param>
    public static Result<ToolArguments> Read(OfferedTool tool, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 2_000 });
        return ToolArguments.Read(tool, document.RootElement);
    }
}
