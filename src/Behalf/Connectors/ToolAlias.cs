using System.Text.Json.Nodes;
using Behalf.Connectors.Schemas;
using Behalf.Connectors.Templates;

namespace Behalf.Connectors;

/// <summary>
/// Another name of a tool, with parameters of its own that map onto the tool's arguments. What is executed, checked
/// against scopes and policy, and recorded is the tool.
/// </summary>
public sealed record ToolAlias
{
    internal ToolAlias(InputSchema input, Template arguments) => (Input, Arguments) = (input, arguments);

    /// <value>Without the connection's prefix, such as <c>task_create</c>.</value>
    public required string Name { get; init; }

    /// <value>The naming style it belongs to; an environment shows one of them.</value>
    public required string Style { get; init; }

    public required string Description { get; init; }

    /// <value>Closed, like a tool's own.</value>
    public JsonObject InputSchema => Input.Json;

    /// <value>Of name, description and schema; what an approval pins.</value>
    public required string Hash { get; init; }

    internal InputSchema Input { get; }

    /// <value>Over <c>args</c>, the alias's: the tool's arguments.</value>
    internal Template Arguments { get; }
}
