using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Document;
using Behalf.Import.Documents;
using Behalf.Import.Writing;

namespace Behalf.Import;

/// <summary>
/// Makes a connector folder of an OpenAPI document. Pure: reads bytes, gives texts. Each tool is read by the connector
/// format's own reader before it is taken, and so is the whole: what comes out is accepted, or nothing comes out.
/// </summary>
public static class ConnectorImport
{
    /// <value>More operations than this are not taken without a choice: no model can tell so many tools apart.</value>
    public const int MostUnchosen = 100;

    private const int MostTools = 500;
    private const int SlugLength = 20;

    /// <returns>The folder's texts, or <c>invalid_document</c> with what is wrong in one sentence.</returns>
    public static Result<ImportedConnector> Read(ReadOnlyMemory<byte> document, ImportChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        try
        {
            return Import(document, choice);
        }
        catch (ImportFault fault)
        {
            return Problem.Invalid("document", "invalid_document", fault.Message);
        }
    }

    private static ImportedConnector Import(ReadOnlyMemory<byte> bytes, ImportChoice choice)
    {
        ApiDocument document = new(ApiText.Read(bytes));
        IReadOnlyList<ApiOperation> all = OperationList.Of(document);
        IReadOnlyList<ApiOperation> chosen = OperationChoice.Of(all, choice);
        Credential credential = Credentials.Choose(document, chosen, choice.Scheme);
        ServerAddress address = ServerAddress.Of(document, choice.BaseUrl);
        HeadWriter head = new(document, credential, address, choice);
        ToolList tools = ToolList.Of(document, chosen, credential, head);
        if (tools.Tools.Count == 0)
        {
            throw new ImportFault($"none of the chosen operations can be a tool: {Reasons(tools.LeftOut)}");
        }

        if (tools.Tools.Count > MostTools)
        {
            throw new ImportFault(
                $"{tools.Tools.Count} operations are chosen, and a connector has at most {MostTools} tools: {OperationChoice.Hint(all)}"
            );
        }

        JsonArray operations = OperationRows.Of(all, credential);
        SortedDictionary<string, string> files = Files(head, tools, operations);
        string? fault = FaultOf(files);
        if (fault is not null && operations.Count > tools.Tools.Count)
        {
            // The table is for the proxy; the tools are what was asked for.
            operations = OperationRows.Of(chosen, credential);
            files = Files(head, tools, operations);
            fault = FaultOf(files);
        }

        if (fault is not null)
        {
            throw new ImportFault($"the connector would not be accepted ({fault}): choose fewer operations");
        }

        ImportedConnector imported = new()
        {
            Slug = head.Slug,
            Name = head.Name,
            Format = document.Version,
            Files = files,
            Tools = [.. tools.Tools.Select(tool => tool.Name)],
            Operations = operations.Count,
            Found = all.Count,
            LeftOut = tools.LeftOut,
            FieldsLeftOut = tools.FieldsLeftOut,
            Notes = head.Notes,
        };
        files["README.md"] = ReadmeWriter.Of(imported, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)));
        return imported;
    }

    private static SortedDictionary<string, string> Files(HeadWriter head, ToolList tools, JsonArray operations)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal)
        {
            [ConnectorFolder.MainFile] = head.Text(tools.Scopes),
        };
        if (operations.Count > 0)
        {
            files["operations.yaml"] = YamlText.Of(new JsonObject { ["operations"] = operations.DeepClone() });
        }

        foreach (IGrouping<string, ImportedTool> group in tools.Tools.GroupBy(tool => tool.Category))
        {
            files[$"tools/{group.Key}.yaml"] = YamlText.Of(
                new JsonObject { ["tools"] = new JsonArray([.. group.Select(tool => tool.Document.DeepClone())]) }
            );
        }

        return files;
    }

    /// <summary>What the reader of connector folders says to the whole.</summary>
    private static string? FaultOf(SortedDictionary<string, string> files)
    {
        try
        {
            DefinitionReader.Read(ConnectorFolder.Join(files));
            return null;
        }
        catch (DefinitionFault fault)
        {
            return fault.Message;
        }
    }

    private static string Reasons(IReadOnlyList<LeftOut> leftOut) =>
        string.Join("; ", leftOut.GroupBy(one => one.Reason).Take(5).Select(group => $"{group.Count()}: {group.Key}"));

    internal static string SlugOf(string title)
    {
        string letters = new([.. title.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit).Take(SlugLength)]);
        return letters.Length > 0 ? letters : "imported";
    }
}
