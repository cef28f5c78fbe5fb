using System.Diagnostics;
using System.Globalization;
using System.Text;
using Behalf.Import.Documents;

namespace Behalf.Import.Tests;

/// <summary>
/// Every operation of whole documents, not only a choice. With <c>BEHALF_OPENAPI_DOCUMENTS</c> (a folder) also of those
/// there; the table of docs/openapi-import.md is what this writes.
/// </summary>
public sealed class LargeDocumentTests
{
    public static TheoryData<string> Files
    {
        get
        {
            string? folder = System.Environment.GetEnvironmentVariable("BEHALF_OPENAPI_DOCUMENTS");
            return
            [
                .. Imported.Documents,
                .. folder is null ? (string[])[] : [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)],
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryOperation_IsATool_OrHasAReason(string file)
    {
        Stopwatch watch = Stopwatch.StartNew();
        byte[] bytes = File.ReadAllBytes(file);
        ApiDocument document = new(ApiText.Read(bytes));
        IReadOnlyList<ApiOperation> all = OperationList.Of(document);
        Credential credential = Credentials.Choose(document, all, null);
        ServerAddress address = ServerAddress.Of(document, document.IsSwagger ? null : BaseUrl(document));
        HeadWriter head = new(document, credential, address, new ImportChoice());

        ToolList list = ToolList.Of(document, all, credential, head);

        (list.Tools.Count + list.LeftOut.Count).Should().Be(all.Count);
        list.LeftOut.Should()
            .NotContain(one => one.Reason.StartsWith("the connector format refuses", StringComparison.Ordinal));
        TestContext.Current.TestOutputHelper!.WriteLine(
            Row(file, document, all, list, credential, bytes.Length, watch.Elapsed)
        );
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void AFewTagsOfADocument_BecomeAConnector(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        ApiDocument document = new(ApiText.Read(bytes));
        ImportChoice choice = new() { Operations = ["GET *"], BaseUrl = document.IsSwagger ? null : BaseUrl(document) };
        string[] tags =
        [
            .. OperationList
                .Of(document)
                .SelectMany(one => one.Tags)
                .GroupBy(tag => tag)
                .OrderBy(group => group.Count())
                .Take(3)
                .Select(group => group.Key),
        ];

        Result<ImportedConnector> read = ConnectorImport.Read(
            bytes,
            tags.Length == 0 ? choice : choice with { Operations = [], Tags = tags }
        );

        Imported.ValueOf(read).Tools.Should().NotBeEmpty();
    }

    /// <summary>Some published documents leave the address to whoever installs the service.</summary>
    private static string? BaseUrl(ApiDocument document)
    {
        try
        {
            ServerAddress.Of(document, null);
            return null;
        }
        catch (ImportFault)
        {
            return "https://api.example.com";
        }
    }

    private static string Row(
        string file,
        ApiDocument document,
        IReadOnlyList<ApiOperation> all,
        ToolList list,
        Credential credential,
        int bytes,
        TimeSpan took
    )
    {
        StringBuilder reasons = new();
        foreach (
            IGrouping<string, LeftOut> group in list.LeftOut.GroupBy(Kind).OrderByDescending(group => group.Count())
        )
        {
            reasons.Append(
                CultureInfo.InvariantCulture,
                $"{(reasons.Length > 0 ? "; " : "")}{group.Key}: {group.Count()}"
            );
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {Path.GetFileName(file)} | {document.Version} | {bytes / 1024 / 1024.0:0.0} MB | {all.Count} | {list.Tools.Count} | {reasons} | {credential.Name} | {took.TotalSeconds:0.0} s |"
        );
    }

    private static string Kind(LeftOut one) =>
        one.Reason.Contains('\'', StringComparison.Ordinal)
            ? one.Reason[..one.Reason.IndexOf('\'', StringComparison.Ordinal)] + "…"
            : one.Reason;
}
