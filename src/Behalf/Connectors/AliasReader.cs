using Behalf.Connectors.Document;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors;

/// <summary>Reads other names of tools and checks that what each maps to are arguments its tool has.</summary>
internal static class AliasReader
{
    /// <returns>The tools with their aliases, each in the order of the document.</returns>
    public static IReadOnlyList<ToolDefinition> Attach(
        IReadOnlyList<DocumentNode> nodes,
        IReadOnlyList<ToolDefinition> tools,
        SchemaReader schemas
    )
    {
        Dictionary<string, List<ToolAlias>> aliases = tools.ToDictionary(
            tool => tool.Name,
            _ => new List<ToolAlias>(),
            StringComparer.Ordinal
        );
        HashSet<string> names = new(aliases.Keys, StringComparer.Ordinal);
        foreach (DocumentNode node in nodes)
        {
            Fields fields = new(node, "an alias");
            string of = fields.Text("tool");
            ToolDefinition tool =
                tools.FirstOrDefault(one => one.Name == of)
                ?? throw new DefinitionFault(node.Line, $"there is no tool '{of}'");
            ToolAlias alias = Read(fields, tool, schemas);
            fields.End();
            if (!names.Add(alias.Name))
            {
                throw new DefinitionFault(node.Line, $"there are two tools '{alias.Name}'");
            }

            aliases[of].Add(alias);
        }

        return [.. tools.Select(tool => tool with { Aliases = aliases[tool.Name] })];
    }

    private static ToolAlias Read(Fields fields, ToolDefinition tool, SchemaReader schemas)
    {
        string name = ToolReader.NameOf(fields);
        string description = fields.OptionalText("description")?.Trim() ?? tool.Description;
        InputSchema input = schemas.Read(fields.Optional("input"), tool.Page is not null);
        IReadOnlyList<MappingEntry> arguments = fields.Entries("arguments");
        SchemaNode root = tool.Input!.Root;
        if (arguments.FirstOrDefault(entry => root.Properties.All(one => one.Name != entry.Key)) is { } stranger)
        {
            throw new DefinitionFault(stranger.Line, $"{tool.Name} has no argument '{stranger.Key}'");
        }

        if (root.Required.FirstOrDefault(needed => arguments.All(entry => entry.Key != needed)) is { } missing)
        {
            throw new DefinitionFault(fields.Line, $"'{name}' gives {tool.Name} no '{missing}', which it needs");
        }

        return new ToolAlias(input, Template.Read(new MappingNode(fields.Line, arguments)))
        {
            Name = name,
            Style = fields.Text("style"),
            Description = description,
            Hash = DefinitionReader.HashOf(name, description, input.Json),
        };
    }
}
