using Behalf.Connectors.Steps;

namespace Behalf.Connectors;

/// <summary>What differs for a caller between a revision that is pinned and the newest one.</summary>
public static class ConnectorDifference
{
    /// <returns>Such as <c>changed search_issues</c>, <c>added …</c>, <c>removed …</c>; in the order of names.</returns>
    public static IReadOnlyList<string> Of(ConnectorDefinition pinned, ConnectorDefinition newest)
    {
        ArgumentNullException.ThrowIfNull(pinned);
        ArgumentNullException.ThrowIfNull(newest);
        Dictionary<string, string> before = pinned.Tools.ToDictionary(
            tool => tool.Name,
            MarkOf,
            StringComparer.Ordinal
        );
        Dictionary<string, string> after = newest.Tools.ToDictionary(tool => tool.Name, MarkOf, StringComparer.Ordinal);
        return
        [
            .. before
                .Keys.Union(after.Keys, StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(name =>
                    (before.GetValueOrDefault(name), after.GetValueOrDefault(name)) switch
                    {
                        (null, _) => $"added {name}",
                        (_, null) => $"removed {name}",
                        var (one, other) => one == other ? null : $"changed {name}",
                    }
                )
                .OfType<string>(),
        ];
    }

    /// <summary>What a model is shown, and what a remote server said of it.</summary>
    private static string MarkOf(ToolDefinition tool) =>
        $"{tool.Hash} {tool.Hints} {tool.NeededScopes} {tool.Procedure.Compiled.Steps.OfType<McpStep>().FirstOrDefault()?.Pin}";
}
