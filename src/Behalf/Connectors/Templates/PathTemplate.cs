using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Behalf.Connectors.Document;
using Newtonsoft.Json.Linq;

namespace Behalf.Connectors.Templates;

/// <summary>
/// A path such as <c>/things/{thing}/parts</c> whose slots are whole segments. Whatever a slot's value is, the expanded
/// path has the template's segments: a value is one segment or it is refused.
/// </summary>
internal sealed partial class PathTemplate
{
    private const int MaxSlotLength = 256;
    private readonly IReadOnlyList<(string Literal, Expression? Slot, string Name)> _segments;

    private PathTemplate(string text, IReadOnlyList<(string, Expression?, string)> segments)
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

        List<(string, Expression?, string)> segments = [];
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
                segments.Add(("", Template.ReadExpression(entry.Value, name), name));
            }
            else if (Literal().IsMatch(segment) && segment is not ("." or ".."))
            {
                segments.Add((segment, null, ""));
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
        foreach ((string literal, Expression? expression, string name) in _segments)
        {
            text.Append('/');
            if (expression is null)
            {
                text.Append(literal);
                continue;
            }

            string? value = expression.Evaluate(scope) is { } token ? Tokens.TextOf(token) : null;
            if (!IsSegment(value))
            {
                (path, slot) = (null, name);
                return false;
            }

            text.Append(Uri.EscapeDataString(value));
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
            && _segments
                .Zip(sent)
                .All(pair => pair.First.Slot is not null ? pair.Second.Length > 0 : pair.First.Literal == pair.Second);
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

    [GeneratedRegex("^\\{(?<name>[a-z][a-z0-9_]*)\\}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Slot();

    [GeneratedRegex("^[A-Za-z0-9._~-]+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Literal();
}
