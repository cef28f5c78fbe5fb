using Behalf.PracticeModel.Planning.Results;
using Behalf.PracticeModel.Planning.Tools;

namespace Behalf.PracticeModel.Planning;

/// <summary>What became of looking a name up.</summary>
internal abstract record Resolution
{
    internal sealed record Pending : Resolution;

    internal sealed record Found(Row Row) : Resolution;

    internal sealed record Ambiguous(IReadOnlyList<Row> Candidates) : Resolution;

    internal sealed record NotFound : Resolution;

    /// <summary>No tool looks things up by name.</summary>
    internal sealed record NoTool : Resolution;

    internal sealed record Failed(ToolOutput Output) : Resolution;
}

/// <summary>Looks a thing up by name with whatever tool finds or lists its kind.</summary>
internal sealed class EntityResolver(Toolbox toolbox, Replay replay)
{
    public Resolution Resolve(string noun, IReadOnlyList<string> names, string step)
    {
        Resolution last = new Resolution.NoTool();
        var finders = Finders(noun, names[0]);
        foreach (var (match, intent, number) in finders.Select((finder, index) => (finder.Match, finder.Intent, index)))
        {
            var arguments = ArgumentWriter.Write(match, intent);
            if (replay.Call($"{step}f{number}", match.Tool.Name, arguments) is not { } output)
            {
                return new Resolution.Pending();
            }

            if (output.Ok)
            {
                return Choose(output.Rows, names);
            }

            if (output.Trouble is Trouble.NotFound)
            {
                return new Resolution.NotFound();
            }

            last = new Resolution.Failed(output);
            if (output.Trouble is not (Trouble.Unavailable or Trouble.ScopeMissing))
            {
                return last;
            }
        }

        return last;
    }

    /// <summary>Exact name first, then the only one that begins with it, then the only one that contains all its words.</summary>
    public static Resolution Choose(IReadOnlyList<Row> rows, IReadOnlyList<string> names)
    {
        foreach (var test in (Func<string, string, bool>[])[Same, Begins, HasWords])
        {
            foreach (var name in names)
            {
                var hits = rows.Where(row => row.Id is not null && row.Name is { } shown && test(shown, name))
                    .DistinctBy(row => row.Id)
                    .ToList();
                if (hits.Count == 1)
                {
                    return new Resolution.Found(hits[0]);
                }

                if (hits.Count > 1)
                {
                    return new Resolution.Ambiguous(hits);
                }
            }
        }

        return new Resolution.NotFound();
    }

    private List<(ToolMatch Match, Intent Intent)> Finders(string noun, string name)
    {
        var find = new Intent(Verb.Find, noun) { Clause = name }.With(Slot.Query, name);
        var list = new Intent(Verb.List, noun) { Clause = name };
        var byQuery = ToolSelector.Rank(toolbox, find).Select(match => (match, find));
        var general = toolbox
            .Tools.Where(tool => tool.NameWords.Any(word => word is "find" or "search" or "lookup"))
            .Select(tool => (match: new ToolMatch(tool, 0, ArgumentPlan.For(tool, find)), find))
            .Where(pair => pair.match.Arguments is { CanRun: true, Missing.Count: 0 } && TakesKind(pair.match, noun));
        var byList = ToolSelector
            .Rank(toolbox, list)
            .Where(match => match.Arguments.Missing.Count == 0)
            .Select(match => (match, list));
        return
        [
            .. general
                .Concat(byQuery)
                .Concat(byList)
                .Where(pair => pair.Item1.Arguments.Missing.Count == 0)
                .DistinctBy(pair => pair.Item1.Tool.Name)
                .Take(3),
        ];
    }

    private static bool TakesKind(ToolMatch match, string noun) =>
        match.Arguments.Properties.ContainsKey(Slot.Type)
        || !match.Tool.Properties.Any(property => SlotProperties.Of(Slot.Type).Contains(property.Name))
            && !match.Tool.NameWords.Any(word => Words.IsKnownNoun(word) && Words.Noun(word) != noun);

    private static bool Same(string shown, string name) => Plain(shown) == Plain(name);

    private static bool Begins(string shown, string name) =>
        Plain(shown).StartsWith(Plain(name), StringComparison.Ordinal);

    private static bool HasWords(string shown, string name) =>
        Words.Stems(name) is { Count: > 0 } wanted && wanted.All(Words.Stems(shown).Contains);

    private static string Plain(string text) =>
        string.Join(' ', Words.Split(text)) is { Length: > 0 } words ? words : text.Trim().ToLowerInvariant();
}
