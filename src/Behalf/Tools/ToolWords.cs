namespace Behalf.Tools;

/// <summary>Finds tools by words: each must stand in one of the tool's names, its title or its description.</summary>
internal static class ToolWords
{
    public static bool Fit(OfferedTool tool, string query) =>
        query.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => Holds(tool, word));

    private static bool Holds(OfferedTool tool, string word) =>
        tool.Definition.Names.Any(name =>
            ToolNames.Of(tool.Connection, name).Contains(word, StringComparison.OrdinalIgnoreCase)
        )
        || tool.Definition.Title.Contains(word, StringComparison.OrdinalIgnoreCase)
        || tool.Definition.Description.Contains(word, StringComparison.OrdinalIgnoreCase);
}
