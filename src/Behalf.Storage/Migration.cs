using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Behalf.Storage;

/// <summary>A numbered script that is never changed once it was released.</summary>
/// <param name="Sha256">Of the script with line feeds only, hexadecimal.</param>
internal sealed record Migration(int Number, string Name, string Script, string Sha256)
{
    public static Migration Of(int number, string name, string script)
    {
        string text = script.ReplaceLineEndings("\n");
        return new(number, name, text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    /// <summary>The scripts embedded in a database's assembly, in order and without gaps.</summary>
    public static IReadOnlyList<Migration> EmbeddedIn(Assembly assembly)
    {
        string prefix = $"{assembly.GetName().Name}.Migrations.";
        Migration[] migrations =
        [
            .. assembly
                .GetManifestResourceNames()
                .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(name => Read(assembly, name, name[prefix.Length..])),
        ];
        for (int i = 0; i < migrations.Length; i++)
        {
            if (migrations[i].Number != i + 1)
            {
                throw new InvalidOperationException($"Migration {i + 1} is missing or stands twice.");
            }
        }

        return migrations;
    }

    private static Migration Read(Assembly assembly, string resource, string file)
    {
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        int number = int.Parse(file.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
        return Of(number, Path.GetFileNameWithoutExtension(file[5..]), reader.ReadToEnd());
    }
}
