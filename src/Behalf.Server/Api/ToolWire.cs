using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Tools;
using Google.Protobuf.WellKnownTypes;
using Wired = Behalf.Wire.Tools;

namespace Behalf.Server.Api;

/// <summary>Tools as the wire has them: a definition ready for a model, and a custom tool's own text both ways.</summary>
internal static class ToolWire
{
    /// <value>Of the definition's hash; with its prefix within the contract's 32 characters.</value>
    private const int IdLength = 26;
    private const string NameKey = "name";
    private const string SchemaVersion = "schema_version";
    private const string ToolVersionKey = "tool_version";

    /// <value>By definition, or by the other name it is shown as: the tool as it went out last, which is built from nothing else but the connection's prefix.</value>
    private static readonly ConditionalWeakTable<object, Wired.Tool> Written = [];

    /// <returns>Shared with other answers: not to be changed.</returns>
    public static Wired.Tool ToWire(OfferedTool offered)
    {
        object key = (object?)offered.Alias ?? offered.Definition;
        if (
            Written.TryGetValue(key, out Wired.Tool? kept)
            && kept.Definition.Fields[NameKey].StringValue == offered.ShownName
        )
        {
            return kept;
        }

        Wired.Tool wire = ToWire(
            offered.Definition,
            new Shown(
                offered.Connection.Connector,
                offered.ShownName,
                offered.Description,
                offered.InputSchema,
                offered.Hash
            )
        );
        Written.AddOrUpdate(key, wire);
        return wire;
    }

    /// <summary>As <see cref="ToWire(OfferedTool)"/>, with how it is carried out: for who may define tools.</summary>
    public static Wired.Tool ToFullWire(OfferedTool offered) =>
        WithProcedure(ToWire(offered).Clone(), offered.Definition.Custom);

    /// <summary>A custom tool apart from any connection, named by its connector.</summary>
    public static Wired.Tool ToFullWire(ToolDefinition tool)
    {
        CustomTool custom = tool.Custom ?? throw new InvalidOperationException($"{tool.Name} is the connector's own.");
        Shown shown = new(
            custom.Connector,
            $"{custom.Connector}_{tool.Name}",
            tool.Description,
            tool.InputSchema,
            tool.Hash
        );
        return WithProcedure(ToWire(tool, shown), custom);
    }

    /// <summary>What an application gives as a tool; its versions are ours to count and are not read.</summary>
    public static Result<NewTool> Read(Wired.Tool tool)
    {
        Result<JsonElement> definition = StructJson.ToElement(tool.Definition, "tool.definition");
        Result<JsonElement> metadata = StructJson.ToElement(tool.Metadata, "tool.metadata");
        if (!definition.Succeeded || !metadata.Succeeded)
        {
            return definition.Problem ?? metadata.Problem!;
        }

        if (TextOf(definition.Value, "name") is not { Length: > 0 } name)
        {
            return Problem.Invalid("tool.definition.name", "required", "is required");
        }

        string provider = (tool.Provider.Length > 0 ? tool.Provider : TextOf(definition.Value, "provider")) ?? "";
        JsonObject procedure = JsonObject.Create(metadata.Value)!;
        procedure.Remove(SchemaVersion);
        procedure.Remove(ToolVersionKey);
        return new NewTool
        {
            Connector = provider.ToLowerInvariant(),
            Name = name,
            Definition = definition.Value.GetRawText(),
            Procedure = procedure.ToJsonString(),
            Tags = [.. tool.Tags],
            IsDefault = tool.IsDefault,
        };
    }

    public static ToolVersion? ReadVersion(string schema, string tool) =>
        int.TryParse(schema, NumberStyles.None, CultureInfo.InvariantCulture, out int first)
        && int.TryParse(tool, NumberStyles.None, CultureInfo.InvariantCulture, out int second)
            ? new ToolVersion(first, second)
            : null;

    private static Wired.Tool ToWire(ToolDefinition tool, Shown shown)
    {
        Wired.Tool wire = new()
        {
            Id = tool.Custom?.Id.ToString() ?? $"tol_{shown.Hash[..Math.Min(IdLength, shown.Hash.Length)]}",
            Provider = shown.Connector,
            Definition = StructJson.ToStruct(DefinitionOf(tool, shown)),
            IsDefault = tool.Custom?.IsDefault ?? tool.IsDefault,
            UpdatedAt = tool.Custom?.CreatedAt.ToTimestamp(),
        };
        if (tool.Custom is { } custom)
        {
            wire.Metadata = new Struct();
            AddVersion(wire.Metadata, custom.Version);
            wire.Tags.AddRange(custom.Tags);
        }
        else
        {
            wire.Tags.Add(tool.Category);
        }

        return wire;
    }

    private static Wired.Tool WithProcedure(Wired.Tool wire, CustomTool? custom)
    {
        if (custom is not null)
        {
            wire.Metadata = StructJson.ToStruct(ObjectOf(custom.Procedure));
            AddVersion(wire.Metadata, custom.Version);
        }

        return wire;
    }

    private static void AddVersion(Struct metadata, ToolVersion version)
    {
        metadata.Fields[SchemaVersion] = Value.ForString(version.Schema.ToString(CultureInfo.InvariantCulture));
        metadata.Fields[ToolVersionKey] = Value.ForString(version.Tool.ToString(CultureInfo.InvariantCulture));
    }

    private static JsonObject DefinitionOf(ToolDefinition tool, Shown shown)
    {
        JsonObject definition = new()
        {
            [NameKey] = shown.Name,
            ["display_name"] = tool.Title,
            ["description"] = shown.Description,
            ["provider"] = shown.Connector,
            ["category"] = tool.Category,
            ["input_schema"] = shown.InputSchema.DeepClone(),
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
        if (tool.Custom is { } custom && ObjectOf(custom.Definition)["output_schema"] is { } output)
        {
            definition["output_schema"] = output.DeepClone();
        }

        return definition;
    }

    private static JsonObject ObjectOf(string json) =>
        JsonNode.Parse(json) as JsonObject
        ?? throw new InvalidOperationException("A stored custom tool holds no JSON object.");

    private static string? TextOf(JsonElement value, string key) =>
        value.TryGetProperty(key, out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    /// <summary>What a tool is shown as: under its own name, or under another with parameters of its own.</summary>
    private sealed record Shown(string Connector, string Name, string Description, JsonObject InputSchema, string Hash);
}
