using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.Tools;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>A tool that an environment defines for a connector, as data; the documentation of custom tools says the form.</summary>
/// <param name="Connector">The connector's slug.</param>
/// <param name="Definition">Name, description, input schema and annotations: what a model sees.</param>
/// <param name="Procedure">The request that carries it out.</param>
public sealed record CustomTool(string Connector, JsonObject Definition, JsonObject Procedure)
{
    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <param name="Id">Of all versions of the tool.</param>
/// <param name="Name">With the connector's slug before it.</param>
/// <param name="Version">Schema and tool version, such as <c>2.1</c>.</param>
/// <param name="IsDefault">Whether this version is the one that is offered.</param>
public sealed record CustomToolVersion(string Id, string Name, string Version, bool IsDefault);

/// <summary>Tools of the environment's own.</summary>
public sealed class CustomToolsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly ToolService.ToolServiceClient _tools;

    internal CustomToolsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _tools = new ToolService.ToolServiceClient(invoker);
    }

    /// <summary>A new tool, whose first version is offered at once.</summary>
    /// <exception cref="BehalfException">Among others: the definition is wrong, and how.</exception>
    public async Task<CustomToolVersion> CreateAsync(CustomTool tool, CancellationToken cancellationToken = default)
    {
        var request = new CreateToolRequest { Tool = Write(tool, "") };
        var response = await _rpc.CallAsync(options => _tools.CreateToolAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return Read(response.Tool);
    }

    /// <summary>A changed definition is another version, offered once it is made the default.</summary>
    public async Task<CustomToolVersion> ChangeAsync(
        string id,
        CustomTool tool,
        CancellationToken cancellationToken = default
    )
    {
        var request = new UpdateToolRequest { Tool = Write(tool, id) };
        var response = await _rpc.CallAsync(options => _tools.UpdateToolAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return Read(response.Tool);
    }

    /// <param name="version">Such as <c>2.1</c>.</param>
    public async Task<CustomToolVersion> SetDefaultAsync(
        string name,
        string version,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(version);
        var parts = version.Split('.');
        if (parts.Length != 2)
        {
            throw new ArgumentException("A version has two parts, such as 2.1.", nameof(version));
        }
        var request = new SetToolDefaultRequest
        {
            Name = name,
            SchemaVersion = parts[0],
            ToolVersion = parts[1],
        };
        var response = await _rpc.CallAsync(options => _tools.SetToolDefaultAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return Read(response.Tool);
    }

    /// <summary>Removes the tool with all its versions.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var request = new DeleteToolRequest { Id = id };
        return _rpc.CallAsync(options => _tools.DeleteToolAsync(request, options), cancellationToken);
    }

    private static Tool Write(CustomTool tool, string id)
    {
        ArgumentNullException.ThrowIfNull(tool);
        var wire = new Tool
        {
            Id = id,
            Provider = tool.Connector,
            Definition = Json(tool.Definition),
            Metadata = Json(tool.Procedure),
        };
        wire.Tags.Add(tool.Tags);
        return wire;
    }

    private static Struct? Json(JsonObject json)
    {
        var (value, problem) = StructJson.ToStruct(json);
        return problem is null ? value : throw new ArgumentException(problem, nameof(json));
    }

    private static CustomToolVersion Read(Tool tool)
    {
        var definition = StructJson.ToJson(tool.Definition);
        var metadata = StructJson.ToJson(tool.Metadata ?? new Struct());
        return new CustomToolVersion(
            tool.Id,
            Text(definition, "name"),
            $"{Text(metadata, "schema_version")}.{Text(metadata, "tool_version")}",
            tool.IsDefault ?? false
        );
    }

    private static string Text(JsonObject json, string key) => json[key]?.ToString() ?? "";
}
