using System.Buffers;
using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Tools;

/// <summary>Names as callers and models use them: the connection's prefix, an underscore, the definition's name; at most 64 characters.</summary>
public static class ToolNames
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> NameLike = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    );

    public static string Of(Connection connection, ToolDefinition tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        return Of(connection, tool.Name);
    }

    /// <summary>As a caller or model uses one of a tool's names.</summary>
    public static string Of(Connection connection, string bareName)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return $"{connection.ToolPrefix}_{bareName}";
    }

    /// <summary>What the connection of a tool of this name can have as its prefix, the shortest first; none: nothing is so named.</summary>
    internal static IReadOnlyList<string> PrefixesOf(string name)
    {
        List<string> prefixes = [];
        int end = IsNameLike(name) ? name.Length : 0;
        for (int at = 1; at < end; at++)
        {
            if (name[at] == '_')
            {
                prefixes.Add(name[..at]);
            }
        }

        return prefixes;
    }

    /// <summary>The tool of a connection that a caller means by one of its names; null when it has none so named, exactly.</summary>
    internal static OfferedTool? Find(Connection connection, ConnectorDefinition definition, string name)
    {
        string prefix = $"{connection.ToolPrefix}_";
        if (name.Length > MaxLength || !name.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        string bare = name[prefix.Length..];
        return definition.Find(bare) is var (tool, alias)
            ? new OfferedTool(Of(connection, tool), tool, connection) { Alias = alias }
            : null;
    }

    /// <summary>What may stand in a record: callers can send anything as a name.</summary>
    internal static bool IsNameLike(string name) =>
        name.Length is > 0 and <= MaxLength && !name.AsSpan().ContainsAnyExcept(NameLike);
}
