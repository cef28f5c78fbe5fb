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
        StringBuilder document = new();
        string main = Path.Combine(folder, MainFile);
        IEnumerable<string> others = Directory
            .EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(path => path != MainFile && !path.StartsWith("fixtures/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
        document.Append(Normalize(await File.ReadAllTextAsync(main, cancellationToken)));
        foreach (string path in others)
        {
            document.Append(FileMark).Append(path).Append('\n');
            document.Append(Normalize(await File.ReadAllTextAsync(Path.Combine(folder, path), cancellationToken)));
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
