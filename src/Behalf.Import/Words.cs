using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Behalf.Import;

/// <summary>Makes names and sentences of a document's texts. Pure.</summary>
internal static partial class Words
{
    /// <summary>One line of what a person could have typed, without what a terminal or a model would act on.</summary>
    public static string Line(string text, int most)
    {
        StringBuilder line = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isSpace = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (isSpace)
            {
                if (line.Length > 0 && line[^1] != ' ')
                {
                    line.Append(' ');
                }
            }
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.PrivateUse))
            {
                line.Append(rune.ToString());
            }

            if (line.Length > most * 2)
            {
                break;
            }
        }

        string whole = line.ToString().Trim();
        if (whole.Length <= most)
        {
            return whole;
        }

        int space = whole.LastIndexOf(' ', most - 2);
        int cut = space > most / 2 ? space : most - 2;
        if (char.IsHighSurrogate(whole[cut - 1]))
        {
            cut--;
        }

        return $"{whole[..cut].TrimEnd()} …";
    }

    /// <summary><c>listForRepo</c>, <c>issues/list-for-repo</c>, <c>List For Repo</c> → <c>list_for_repo</c>.</summary>
    /// <returns>Empty when it holds no letter or digit of ASCII.</returns>
    public static string Snake(string text)
    {
        string parted = Humps().Replace(text.Length > 300 ? text[..300] : text, "${low}_${up}");
        StringBuilder name = new();
        foreach (char c in parted)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                name.Append(char.ToLowerInvariant(c));
            }
            else if (name.Length > 0 && name[^1] != '_')
            {
                name.Append('_');
            }
        }

        return name.ToString().Trim('_');
    }

    /// <summary>A tool's name of at most 43 characters that begins with a letter and is none of those taken.</summary>
    public static string ToolName(string text, IReadOnlySet<string> taken)
    {
        const int most = 43;
        string name = Snake(text);
        if (name.Length == 0 || !char.IsAsciiLetter(name[0]))
        {
            name = $"call_{name}".Trim('_');
        }

        string first = Cut(name, most);
        for (int number = 2; ; number++)
        {
            string candidate = number == 2 && !taken.Contains(first) ? first : Cut(name, most - 4) + $"_{number}";
            if (!taken.Contains(candidate))
            {
                return candidate;
            }
        }
    }

    /// <summary>At the end of a word where one ends in the second half.</summary>
    private static string Cut(string name, int most)
    {
        if (name.Length <= most)
        {
            return name;
        }

        int end = name.LastIndexOf('_', most);
        return (end > most / 2 ? name[..end] : name[..most]).Trim('_');
    }

    [GeneratedRegex("(?<low>[a-z0-9])(?<up>[A-Z])", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Humps();
}
