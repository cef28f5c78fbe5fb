using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Behalf.Import.Documents;

namespace Behalf.Import;

/// <summary>The table of operations, for the proxy: what of the document its rows can say.</summary>
internal static partial class OperationRows
{
    private const int Most = 5000;

    public static JsonArray Of(IReadOnlyList<ApiOperation> operations, Credential credential)
    {
        JsonArray rows = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ApiOperation operation in operations)
        {
            string id =
                operation.Id is { } own && ToolWriter.OperationId().IsMatch(own)
                    ? own
                    : Words.Snake($"{operation.Method} {operation.Path}");
            string shape = $"{operation.Method} {Slot().Replace(operation.Path, "{}")}";
            bool fits =
                id.Length is > 0 and <= 100
                && operation.Path.Length <= 500
                && PathShape().IsMatch(operation.Path)
                && !operation.Path.Split('/').Any(segment => segment is "." or "..")
                && !operation.IsElsewhere
                && rows.Count < Most;
            if (!fits || seen.Contains(id) || seen.Contains(shape))
            {
                continue;
            }

            seen.Add(id);
            seen.Add(shape);
            JsonObject row = new() { ["id"] = id };
            if (operation.Method != "GET")
            {
                row["method"] = operation.Method;
            }

            row["path"] = operation.Path;
            if (credential.IsOAuth && credential.ScopesOf(operation) is { Count: > 0 } scopes)
            {
                row["scopes"] = new JsonArray([.. scopes.Select(scope => (JsonNode)scope)]);
            }

            rows.Add(row);
        }

        return rows;
    }

    [GeneratedRegex(
        "^(/([A-Za-z0-9._~:-]+|\\{[a-zA-Z][a-zA-Z0-9_-]*\\}))+\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PathShape();

    [GeneratedRegex("\\{[^}]*\\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Slot();
}
