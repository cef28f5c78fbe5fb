using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Templates;

/// <summary>
/// A path such as <c>/things/{thing}/parts</c>, with at most one slot in a segment, alone or between literals
/// (<c>{thing}.json</c>). Whatever a slot's value is, the expanded path has the template's segments: a value is one segment
/// or it is refused.
/// </summary>
internal sealed partial class PathTemplate
{
    private const int MaxSlotLength = 256;
    private readonly IReadOnlyList<PathSegment> _segments;

    private PathTemplate(string text, IReadOnlyList<PathSegment> segments)
    {
        Text = text;
        _segments = segments;
    }

    public string Text { get; }

    /// <exception cref="DefinitionFault">Not such a path, or slots and expressions do not agree.</exception>
    public static PathTemplate Read(string basePath, DocumentNode node, IReadOnlyList<MappingEntry> slots)
    {
        string text = basePath + Fields.TextOf(node, "path");
        if (!text.StartsWith('/') || text.Length > 1000)
        {
            throw new DefinitionFault(node.Line, "a path begins with /");
        }

        List<PathSegment> segments = [];
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (string segment in text[1..].Split('/'))
        {
            if (Slot().Match(segment) is { Success: true } slot)
            {
                string name = slot.Groups["name"].Value;
                MappingEntry entry =
                    slots.FirstOrDefault(candidate => candidate.Key == name)
                    ?? throw new DefinitionFault(
                        node.Line,
                        $"the path's slot '{name}' has no expression under 'slots'"
                    );
                used.Add(name);
                segments.Add(
                    new PathSegment(
                        slot.Groups["before"].Value,
                        slot.Groups["after"].Value,
                        Template.ReadExpression(entry.Value, name),
                        name
                    )
                );
            }
            else if (Literal().IsMatch(segment) && segment is not ("." or ".."))
            {
                segments.Add(new PathSegment(segment, "", null, ""));
            }
            else
            {
                throw new DefinitionFault(node.Line, $"'{segment}' cannot be a segment of a path");
            }
        }

        return slots.FirstOrDefault(entry => !used.Contains(entry.Key)) is { } unused
            ? throw new DefinitionFault(unused.Line, $"the path has no slot '{unused.Key}'")
            : new PathTemplate(text, segments);
    }

    /// <param name="path">Encoded, when the answer is true.</param>
    /// <param name="slot">The slot whose value cannot be a segment, when the answer is false.</param>
    public bool TryExpand(JToken scope, [NotNullWhen(true)] out string? path, [NotNullWhen(false)] out string? slot)
    {
        StringBuilder text = new();
        foreach ((string before, string after, Expression? expression, string name) in _segments)
        {
            text.Append('/').Append(before);
            if (expression is null)
            {
                continue;
            }

            string? value = expression.Evaluate(scope) is { } token ? Tokens.TextOf(token) : null;
            if (!IsSegment(value) || !StaysSegment(value))
            {
                (path, slot) = (null, name);
                return false;
            }

            text.Append(Uri.EscapeDataString(value)).Append(after);
        }

        path = text.ToString();
        slot = _segments.Select(segment => segment.Name).FirstOrDefault("");
        return HasTemplatesShape(path);
    }

    /// <summary>What the framework will send, read back and compared with the template segment by segment.</summary>
    private bool HasTemplatesShape(string path)
    {
        if (!Uri.TryCreate($"https://shape.invalid{path}", UriKind.Absolute, out Uri? uri))
        {
            return false;
        }

        string[] sent = uri.AbsolutePath[1..].Split('/');
        return uri.Host == "shape.invalid"
            && uri.Query.Length == 0
            && uri.Fragment.Length == 0
            && sent.Length == _segments.Count
            && _segments.Zip(sent).All(pair => pair.First.Fits(pair.Second));
    }

    private static bool IsSegment([NotNullWhen(true)] string? value)
    {
        if (value is null or "" or "." or ".." || value.Length > MaxSlotLength)
        {
            return false;
        }

        foreach (Rune rune in value.EnumerateRunes())
        {
            if (
                rune.Value is '/' or '\\' or 0xFFFD // a lone surrogate enumerates as U+FFFD
                || Rune.GetUnicodeCategory(rune)
                    is UnicodeCategory.Control
                        or UnicodeCategory.Format
                        or UnicodeCategory.LineSeparator
                        or UnicodeCategory.ParagraphSeparator
            )
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Some servers decode more than once: what is a path after that was meant to be one.</summary>
    private static bool StaysSegment(string value)
    {
        for (int round = 0; round < 3 && value.Contains('%', StringComparison.Ordinal); round++)
        {
            value = Uri.UnescapeDataString(value);
            if (!IsSegment(value))
            {
                return false;
            }
        }

        return true;
    }

    [GeneratedRegex(
        "^(?<before>[A-Za-z0-9._~:-]*)\\{(?<name>[a-z][a-z0-9_]*)\\}(?<after>[A-Za-z0-9._~:-]*)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking
    )]
    private static partial Regex Slot();

    [GeneratedRegex("^[A-Za-z0-9._~:-]+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Literal();
}

/// <param name="Before">What stands before the slot; the whole segment where there is none.</param>
/// <param name="After">What stands behind it.</param>
/// <param name="Slot">Null: a literal.</param>
internal sealed record PathSegment(string Before, string After, Expression? Slot, string Name)
{
    public bool Fits(string sent) =>
        Slot is null
            ? sent == Before
            : sent.Length > Before.Length + After.Length
                && sent.StartsWith(Before, StringComparison.Ordinal)
                && sent.EndsWith(After, StringComparison.Ordinal);
}
