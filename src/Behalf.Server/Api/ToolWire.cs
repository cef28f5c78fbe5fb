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
            Id = $"tol_{offered.Hash[..Math.Min(IdLength, offered.Hash.Length)]}",
            Provider = offered.Connection.Connector,
            Definition = StructJson.ToStruct(DefinitionOf(offered)),
            IsDefault = tool.IsDefault,
        };
        wire.Tags.Add(tool.Category);
        return wire;
    }

    private static JsonObject DefinitionOf(OfferedTool offered)
    {
        ToolDefinition tool = offered.Definition;
        return new JsonObject
        {
            ["name"] = offered.ShownName,
            ["display_name"] = tool.Title,
            ["description"] = offered.Description,
            ["provider"] = offered.Connection.Connector,
            ["category"] = tool.Category,
            ["input_schema"] = offered.InputSchema.DeepClone(),
            ["annotations"] = new JsonObject
            {
                ["title"] = tool.Title,
                ["read_only_hint"] = tool.Hints.HasFlag(ToolHints.ReadOnly),
                ["destructive_hint"] = tool.Hints.HasFlag(ToolHints.Destructive),
                ["idempotent_hint"] = tool.Hints.HasFlag(ToolHints.Idempotent),
                ["changes_access_hint"] = tool.Hints.HasFlag(ToolHints.ChangesAccess),
                ["open_world_hint"] = true,
            },
        };
    }
}
