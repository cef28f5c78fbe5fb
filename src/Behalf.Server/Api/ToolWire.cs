using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Tools;
using Wired = Behalf.Wire.Tools;

namespace Behalf.Server.Api;

/// <summary>Tools as the wire has them: a definition ready for a model.</summary>
internal static class ToolWire
{
    /// <value>Of the definition's hash; with its prefix within the contract's 32 characters.</value>
    private const int IdLength = 26;

    public static Wired.Tool ToWire(OfferedTool offered)
    {
        ToolDefinition tool = offered.Definition;
        Wired.Tool wire = new()
        {
            Id = $"tol_{tool.Hash[..Math.Min(IdLength, tool.Hash.Length)]}",
            Provider = offered.Connection.Connector,
            Definition = StructJson.ToStruct(DefinitionOf(offered)),
            IsDefault = true,
        };
        wire.Tags.Add(tool.Category);
        return wire;
    }

    private static JsonObject DefinitionOf(OfferedTool offered)
    {
        ToolDefinition tool = offered.Definition;
        return new JsonObject
        {
            ["name"] = offered.Name,
            ["display_name"] = tool.Title,
            ["description"] = tool.Description,
            ["provider"] = offered.Connection.Connector,
            ["category"] = tool.Category,
            ["input_schema"] = tool.InputSchema.DeepClone(),
            ["annotations"] = new JsonObject
            {
                ["title"] = tool.Title,
                ["read_only_hint"] = tool.Hints.HasFlag(ToolHints.ReadOnly),
                ["destructive_hint"] = tool.Hints.HasFlag(ToolHints.Destructive),
                ["idempotent_hint"] = tool.Hints.HasFlag(ToolHints.Idempotent),
                ["open_world_hint"] = true,
            },
        };
    }
}
