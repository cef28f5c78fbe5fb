namespace Behalf.PracticeModel.Planning.Tools;

/// <summary>A tool that can do an intent, and how well it fits.</summary>
internal sealed record ToolMatch(Tool Tool, double Score, ArgumentPlan Arguments);

/// <summary>Scores tools by the overlap of their words with an intent's, never by equality of names.</summary>
internal static class ToolSelector
{
    private const double Threshold = 4;

    private static readonly HashSet<string> Fillers =
    [
        "to",
        "a",
        "an",
        "the",
        "of",
        "for",
        "by",
        "from",
        "in",
        "on",
        "with",
        "and",
        "all",
        "new",
        "as",
        "my",
        "me",
        "one",
    ];

    /// <returns>The tools that can do it, best first.</returns>
    public static IReadOnlyList<ToolMatch> Rank(Toolbox toolbox, Intent intent) =>
        [
            .. toolbox
                .Tools.Select(tool => Match(tool, intent))
                .OfType<ToolMatch>()
                .Where(match => match.Score >= Threshold)
                .OrderByDescending(match => match.Score)
                .ThenBy(match => match.Tool.Name, StringComparer.Ordinal),
        ];

    private static ToolMatch? Match(Tool tool, Intent intent)
    {
        var profile = Profiles.Of(intent);
        var words = tool.NameWords.Select(word => new NameWord(word)).ToList();
        var verb = VerbScore(tool, profile, words);
        var noun = NounScore(tool, profile, words);
        if (verb == 0 || noun == 0)
        {
            return null;
        }

        var arguments = ArgumentPlan.For(tool, intent);
        var extras = words.Count(word => !IsExplained(word, profile));
        var score =
            verb + noun - (1.5 * extras) + arguments.Score + NumberScore(intent, words) + MineScore(intent, words);
        return arguments.CanRun ? new ToolMatch(tool, score, arguments) : null;
    }

    private static double VerbScore(Tool tool, Profile profile, List<NameWord> words)
    {
        var best = Best(profile.Verbs, words.Select(word => word.Stem), 4, 0.4);
        return best > 0 ? best
            : profile.Verbs.Any(tool.DescriptionStems.Contains) ? 1
            : 0;
    }

    private static double NounScore(Tool tool, Profile profile, List<NameWord> words)
    {
        var best = Best(profile.Nouns, words.Select(word => word.Noun), 4, 0.5);
        if (best > 0)
        {
            return best;
        }

        var kinds = tool.Properties.Where(property => SlotProperties.Of(Slot.Type).Contains(property.Name));
        return kinds.Any(kind => kind.Options.Any(option => profile.Nouns.Contains(Words.Noun(option)))) ? 2
            : words.Any(word => Words.IsKnownNoun(word.Word) && !profile.Beside.Contains(word.Noun)) ? 0
            : profile.Nouns.Any(noun => tool.DescriptionStems.Any(stem => Words.Noun(stem) == noun)) ? 1
            : 0;
    }

    private static double Best(IReadOnlyList<string> wanted, IEnumerable<string> present, double top, double step)
    {
        var have = present.ToHashSet();
        for (var index = 0; index < wanted.Count; index++)
        {
            if (have.Contains(wanted[index]))
            {
                return Math.Max(1.5, top - (step * index));
            }
        }

        return 0;
    }

    private static bool IsExplained(NameWord word, Profile profile) =>
        Fillers.Contains(word.Word)
        || profile.Verbs.Contains(word.Stem)
        || profile.Nouns.Contains(word.Noun)
        || profile.Beside.Contains(word.Noun);

    /// <summary>A plural in the name of a tool that acts on one thing means a bulk tool, which is second choice.</summary>
    private static double NumberScore(Intent intent, List<NameWord> words)
    {
        var plural = words.Any(word => word.Noun == intent.Noun && Words.IsPlural(word.Word));
        var many = intent.Verb is Verb.List or Verb.ListIn or Verb.Find;
        return (plural, many) switch
        {
            (true, true) => 0.5,
            (true, false) when intent.Verb is Verb.Create or Verb.Get or Verb.Update or Verb.Delete or Verb.Complete =>
                -2,
            _ => 0,
        };
    }

    private static double MineScore(Intent intent, List<NameWord> words)
    {
        var mine = words.Any(word => word.Word is "my" or "mine" or "me");
        return (mine, intent.Mine || intent.Verb == Verb.WhoAmI) switch
        {
            (true, true) => 3,
            (true, false) => -4,
            _ => 0,
        };
    }

    private sealed record NameWord(string Word)
    {
        public string Stem { get; } = Words.Stem(Word);

        public string Noun { get; } = Words.Noun(Word);
    }
}
