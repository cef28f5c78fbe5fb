using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Tools;

/// <summary>A tool at a connection, under one of its names.</summary>
/// <param name="Name">The tool's own, with the connection's prefix: what is executed and recorded.</param>
public sealed record OfferedTool(string Name, ToolDefinition Definition, Connection Connection)
{
    /// <value>The other name it is offered or was called by; null: its own.</value>
    public ToolAlias? Alias { get; init; }

    /// <value>The name to show, and to call it by.</value>
    public string ShownName => Alias is null ? Name : ToolNames.Of(Connection, Alias.Name);

    public string Description => Alias?.Description ?? Definition.Description;

    public JsonObject InputSchema => Alias?.InputSchema ?? Definition.InputSchema;

    public string Hash => Alias?.Hash ?? Definition.Hash;

    /// <summary>Whether this is one of the tool's names, with the prefix.</summary>
    public bool IsNamed(string name) => Definition.Names.Any(bare => ToolNames.Of(Connection, bare) == name);

    /// <summary>
    /// As it stands in a list: under the name that was asked for, else under the first of the style, else under its own.
    /// </summary>
    internal OfferedTool Shown(IReadOnlyList<string> asked, string? style)
    {
        ToolAlias? alias = asked.Contains(Name) ? null : AliasAmong(asked) ?? AliasOf(style);
        return alias is null ? this : this with { Alias = alias };
    }

    private ToolAlias? AliasAmong(IReadOnlyList<string> asked) =>
        asked.Count == 0
            ? null
            : Definition.Aliases.FirstOrDefault(one => asked.Contains(ToolNames.Of(Connection, one.Name)));

    private ToolAlias? AliasOf(string? style)
    {
        for (int i = 0; i < Definition.Aliases.Count; i++)
        {
            if (Definition.Aliases[i].Style == style)
            {
                return Definition.Aliases[i];
            }
        }

        return null;
    }
}
