using System.Globalization;
using System.Text;

namespace Behalf.Import;

/// <summary>Writes the folder's README: where it came from, and what is not in it.</summary>
internal static class ReadmeWriter
{
    private const int MostRows = 300;

    public static string Of(ImportedConnector imported, string hash)
    {
        StringBuilder text = new();
        text.Append("# ").Append(Inert(imported.Name)).Append("\n\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"Imported from an OpenAPI {Inert(imported.Format)} document (SHA-256 `{hash}`): {imported.Tools.Count} tools of {imported.Found} operations.\n"
        );
        text.Append("Nothing was checked against the live service. Hints are guessed from methods and names.\n");
        foreach (string note in imported.Notes)
        {
            text.Append("\n- ").Append(note);
        }

        if (imported.Notes.Count > 0)
        {
            text.Append('\n');
        }

        if (imported.LeftOut.Count == 0)
        {
            return text.ToString();
        }

        text.Append("\n## Chosen and left out\n\n| Operation | Why |\n|---|---|\n");
        foreach (LeftOut one in imported.LeftOut.Take(MostRows))
        {
            text.Append("| ").Append(Inert(one.Operation)).Append(" | ").Append(Inert(one.Reason)).Append(" |\n");
        }

        if (imported.LeftOut.Count > MostRows)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nand {imported.LeftOut.Count - MostRows} more.\n");
        }

        return text.ToString();
    }

    /// <summary>A document's text in a page for people: no markup of its own.</summary>
    private static string Inert(string text)
    {
        StringBuilder inert = new();
        foreach (char c in Words.Line(text, 300))
        {
            if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '!')
            {
                inert.Append('\\');
            }

            inert.Append(c);
        }

        return inert.ToString();
    }
}
