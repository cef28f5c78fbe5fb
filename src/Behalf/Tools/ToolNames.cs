using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Tools;

/// <summary>Names as callers and models use them: the connection's prefix, an underscore, the definition's name; at most 64 characters.</summary>
public static class ToolNames
{
    public const int MaxLength = 64;

    public static string Of(Connection connection, ToolDefinition tool)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(tool);
        return $"{connection.ToolPrefix}_{tool.Name}";
    }

    /// <summary>The tool of a connection that a caller means by a name; null when it has none of that name, exactly.</summary>
    internal static ToolDefinition? Find(Connection connection, ConnectorDefinition definition, string name)
    {
        string prefix = $"{connection.ToolPrefix}_";
        if (name.Length > MaxLength || !name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string bare = name[prefix.Length..];
        return definition.Tools.FirstOrDefault(tool => tool.Name == bare);
    }

    /// <summary>What may stand in a record: callers can send anything as a name.</summary>
    internal static bool IsNameLike(string name) =>
        name.Length is > 0 and <= MaxLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
