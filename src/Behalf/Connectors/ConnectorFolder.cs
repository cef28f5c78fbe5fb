using System.Text;
using System.Text.RegularExpressions;

namespace Behalf.Connectors;

/// <summary>
/// A bundled connector on disk: <c>connector.yaml</c>, then every <c>*.yaml</c> of its subfolders except
/// <c>fixtures</c> in ordinal order of their paths, as one YAML stream. The joined text is what is hashed and stored.
/// </summary>
public static partial class ConnectorFolder
{
    public const string MainFile = "connector.yaml";
    private const string FileMark = "--- # file: ";

    public static async Task<string> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories))
        {
            string path = Path.GetRelativePath(folder, file).Replace('\\', '/');
            files[path] = await File.ReadAllTextAsync(file, cancellationToken);
        }

        return Join(files);
    }

    /// <summary>The document of a folder's files, as <see cref="ReadAsync"/> gives it.</summary>
    /// <param name="files">Text by path below the folder, <see cref="MainFile"/> among them; what is no part of the definition is passed over.</param>
    public static string Join(IReadOnlyDictionary<string, string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        StringBuilder document = new(Normalize(files[MainFile]));
        foreach (
            (string path, string text) in files
                .Where(file => file.Key.EndsWith(".yaml", StringComparison.Ordinal) && file.Key != MainFile)
                .Where(file => !file.Key.StartsWith("fixtures/", StringComparison.Ordinal))
                .OrderBy(file => file.Key, StringComparer.Ordinal)
        )
        {
            document.Append(FileMark).Append(path).Append('\n');
            document.Append(Normalize(text));
        }

        return document.ToString();
    }

    /// <summary>The file and line a line of the joined document came from, for messages.</summary>
    public static string Locate(string document, int line)
    {
        (string file, int start) = ("", 0);
        int number = 0;
        foreach (string text in document.Split('\n').Take(line))
        {
            number++;
            if (text.StartsWith(FileMark, StringComparison.Ordinal) && SafePath().IsMatch(text[FileMark.Length..]))
            {
                (file, start) = (text[FileMark.Length..], number);
            }
        }

        return file.Length == 0 ? $"line {line}" : $"{file} line {line - start}";
    }

    private static string Normalize(string text)
    {
        string unix = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        return unix.EndsWith('\n') ? unix : $"{unix}\n";
    }

    [GeneratedRegex("^[A-Za-z0-9._/-]{1,200}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex SafePath();
}
