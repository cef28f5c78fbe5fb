using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Document;
using Behalf.Import.Documents;
using Behalf.Import.Writing;

namespace Behalf.Import;

internal sealed record ImportedTool(string Name, string Category, JsonObject Document, IReadOnlyList<string> Scopes);

/// <summary>The chosen operations as tools, each accepted by the format's reader, and those that cannot be one.</summary>
internal sealed class ToolList
{
    private ToolList() { }

    public List<ImportedTool> Tools { get; } = [];

    public List<LeftOut> LeftOut { get; } = [];

    public int FieldsLeftOut { get; private set; }

    /// <value>All that any of the tools needs, in ordinal order.</value>
    public IReadOnlyList<string> Scopes =>
        [.. Tools.SelectMany(tool => tool.Scopes).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public static ToolList Of(
        ApiDocument document,
        IReadOnlyList<ApiOperation> chosen,
        Credential credential,
        HeadWriter head
    )
    {
        ToolList list = new();
        ToolWriter writer = new(document, credential);
        HashSet<string> taken = new(StringComparer.Ordinal);
        head.HasScopes =
            credential.IsOAuth && chosen.Any(operation => credential.ScopesOf(operation) is { Count: > 0 });
        foreach (ApiOperation operation in chosen)
        {
            string name = Words.ToolName(operation.Id ?? $"{operation.Method} {operation.Path}", taken);
            try
            {
                IReadOnlyList<string> scopes = ScopesOf(operation, credential, head.HasScopes);
                JsonObject tool = writer.Write(operation, name, scopes);
                Check(tool, scopes, head);
                list.Tools.Add(new ImportedTool(name, tool["category"]!.GetValue<string>(), tool, scopes));
                taken.Add(name);
            }
            catch (NotRepresentable reason)
            {
                list.LeftOut.Add(new LeftOut(operation.Label, reason.Message));
            }
        }

        list.FieldsLeftOut = writer.FieldsLeftOut;
        return list;
    }

    private static IReadOnlyList<string> ScopesOf(ApiOperation operation, Credential credential, bool hasScopes)
    {
        IReadOnlyList<string> scopes =
            credential.ScopesOf(operation)
            ?? throw new NotRepresentable(
                operation.Security.All(needed => needed.Count > 1)
                    ? "it needs several credentials at once"
                    : "it takes another credential"
            );
        return hasScopes && scopes.Count == 0
                ? throw new NotRepresentable("it names no scope, where others of the document do")
            : hasScopes ? [.. scopes.Distinct(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>The one test that counts: would a server take it?</summary>
    private static void Check(JsonObject tool, IReadOnlyList<string> scopes, HeadWriter head)
    {
        string alone = head.Text(scopes) + YamlText.Of(new JsonObject { ["tools"] = new JsonArray(tool.DeepClone()) });
        try
        {
            DefinitionReader.Read(alone);
        }
        catch (DefinitionFault fault)
        {
            throw new NotRepresentable($"the connector format refuses it: {Words.Line(fault.Message, 200)}");
        }
    }
}
