using System.CommandLine;
using System.Text.RegularExpressions;
using Behalf.Import;
using Behalf.Import.Documents;
using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary><c>behalf connector import FILE</c>: an OpenAPI document as a connector folder. Nothing is fetched.</summary>
internal static partial class ConnectorImportCommand
{
    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "An OpenAPI (3.0, 3.1) or Swagger (2.0) document." };
        Option<string?> slug = new("--slug") { Description = "Name of the connector: 1–20 of a-z and 0-9." };
        Option<string?> name = new("--name") { Description = "The provider's name for people." };
        Option<string[]> tags = new("--tag") { Description = "Operations with this tag; may be repeated." };
        Option<string[]> operations = new("--operation")
        {
            Description =
                "Operations whose id, or METHOD and path, fits the pattern (* for any text); may be repeated.",
        };
        Option<string?> scheme = new("--scheme") { Description = "The document's security scheme to call with." };
        Option<string?> baseUrl = new("--base-url")
        {
            Description = "Where the API is, when the document says otherwise.",
        };
        Option<string?> output = new("--out") { Description = "Folder to make; default: the connector's name, here." };
        Option<bool> json = Answer.Json();
        Command command = new("import", "Make a connector folder of an OpenAPI document.")
        {
            file,
            slug,
            name,
            tags,
            operations,
            scheme,
            baseUrl,
            output,
            json,
        };
        command.SetAction(
            async (parsed, cancellationToken) =>
                await ImportAsync(
                    parsed.GetRequiredValue(file),
                    new ImportChoice
                    {
                        Slug = parsed.GetValue(slug),
                        Name = parsed.GetValue(name),
                        Tags = parsed.GetValue(tags) ?? [],
                        Operations = parsed.GetValue(operations) ?? [],
                        Scheme = parsed.GetValue(scheme),
                        BaseUrl = parsed.GetValue(baseUrl),
                    },
                    parsed.GetValue(output),
                    new Answer(parsed, json),
                    parsed.InvocationConfiguration.Error,
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> ImportAsync(
        string file,
        ImportChoice choice,
        string? output,
        Answer answer,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        if (choice.Slug is { } slug && !Slug().IsMatch(slug))
        {
            await error.WriteLineAsync("--slug is 1–20 of a-z and 0-9.");
            return ExitCodes.Usage;
        }

        Result<ImportedConnector> read = ConnectorImport.Read(await BytesAsync(file, cancellationToken), choice);
        if (!read.Succeeded)
        {
            await error.WriteLineAsync($"{file}: {read.Problem.Message}.");
            return ExitCodes.Failed;
        }

        ImportedConnector imported = read.Value;
        string folder = Path.GetFullPath(output ?? imported.Slug);
        await WriteAsync(imported, folder, cancellationToken);
        await answer.GiveAsync(Told(imported, folder), Document(imported, folder));
        return ExitCodes.Ok;
    }

    private static async Task<byte[]> BytesAsync(string file, CancellationToken cancellationToken)
    {
        FileInfo info = new(file);
        return !info.Exists ? throw new StartupException($"{file} does not exist.")
            : info.Length > ApiText.MaxBytes
                ? throw new StartupException(
                    $"{file} is too large: a document has at most {ApiText.MaxBytes >> 20} MiB."
                )
            : await File.ReadAllBytesAsync(file, cancellationToken);
    }

    /// <summary>Into a folder beside it, which takes the name once it is whole.</summary>
    private static async Task WriteAsync(ImportedConnector imported, string folder, CancellationToken cancellationToken)
    {
        if (Path.Exists(folder))
        {
            throw new StartupException($"{folder} exists already: name another folder with --out, or remove it.");
        }

        string parent = Path.GetDirectoryName(folder) ?? throw new StartupException($"{folder} cannot be made.");
        Directory.CreateDirectory(parent);
        string unfinished = Path.Combine(parent, $".{Path.GetFileName(folder)}.{Path.GetRandomFileName()}");
        try
        {
            foreach ((string path, string text) in imported.Files)
            {
                string file = Path.Combine(unfinished, path);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                await File.WriteAllTextAsync(file, text, cancellationToken);
            }

            Directory.Move(unfinished, folder);
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }
    }

    private static string Told(ImportedConnector imported, string folder)
    {
        List<string> lines =
        [
            $"{imported.Name}: {imported.Tools.Count} tools and {imported.Operations} operations of {imported.Found} (OpenAPI {imported.Format}), in {folder}",
        ];
        foreach (IGrouping<string, LeftOut> group in imported.LeftOut.GroupBy(one => one.Reason).Take(20))
        {
            lines.Add(
                $"  left out, {group.Key}: {group.Count()} ({string.Join(", ", group.Take(3).Select(one => one.Operation))}{(group.Count() > 3 ? ", …" : "")})"
            );
        }

        if (imported.FieldsLeftOut > 0)
        {
            lines.Add($"  {imported.FieldsLeftOut} optional fields are left out");
        }

        lines.AddRange(imported.Notes.Select(note => $"  {note}"));
        lines.Add($"Next: read it, then `behalf connector validate {folder}` and `behalf connector add {folder}`.");
        return string.Join('\n', lines);
    }

    private static object Document(ImportedConnector imported, string folder) =>
        new
        {
            imported.Slug,
            imported.Name,
            imported.Format,
            Folder = folder,
            imported.Tools,
            imported.Operations,
            imported.Found,
            imported.LeftOut,
            imported.FieldsLeftOut,
            imported.Notes,
        };

    [GeneratedRegex("^[a-z0-9]{1,20}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Slug();
}
