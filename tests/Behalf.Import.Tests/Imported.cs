using System.Text;
using Behalf.Connectors;

namespace Behalf.Import.Tests;

/// <summary>The documents beside the tests, imported and read back as a server would.</summary>
internal static class Imported
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Documents");

    public static IEnumerable<string> Documents => Directory.EnumerateFiles(Folder).Order(StringComparer.Ordinal);

    public static byte[] Bytes(string document) => File.ReadAllBytes(Path.Combine(Folder, document));

    public static ImportedConnector Of(string document, ImportChoice? choice = null)
    {
        Result<ImportedConnector> read = ConnectorImport.Read(Bytes(document), choice ?? new ImportChoice());
        return ValueOf(read);
    }

    public static ImportedConnector ValueOf(Result<ImportedConnector> read) =>
        read.Succeeded ? read.Value : throw new InvalidOperationException(read.Problem.Message);

    public static string SentenceOf(Result<ImportedConnector> read) =>
        read.Succeeded ? throw new InvalidOperationException("The document is accepted.") : read.Problem.Message;

    public static Result<ImportedConnector> OfText(string document, ImportChoice? choice = null) =>
        ConnectorImport.Read(Encoding.UTF8.GetBytes(document), choice ?? new ImportChoice());

    public static ConnectorDefinition Definition(ImportedConnector imported) =>
        DefinitionReader.Read(ConnectorFolder.Join(imported.Files));
}
