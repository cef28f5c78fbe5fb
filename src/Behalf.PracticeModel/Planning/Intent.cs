namespace Behalf.PracticeModel.Planning;

internal enum Verb
{
    Create,
    List,
    ListIn,
    Get,
    Find,
    Count,
    Update,
    Complete,
    Delete,
    Move,
    AddTo,
    RemoveFrom,
    Follow,
    Unfollow,
    Tag,
    Untag,
    Depend,
    Undepend,
    Duplicate,
    Share,
    WhoAmI,
    Help,
    Unknown,
}

/// <summary>
/// How the prompt names a thing: by words (in the order in which they are tried), or by its place in what was found
/// before ("the first one", "it", "them").
/// </summary>
internal sealed record Reference
{
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <value>From 0; -1 is the last one. Set when the reference points back.</value>
    public int? Ordinal { get; init; }

    /// <value>"them", "each": everything that was found before.</value>
    public bool All { get; init; }

    /// <value>With <see cref="All"/>: only that many of them.</value>
    public int Count { get; init; } = int.MaxValue;

    public bool PointsBack => Ordinal is not null || All;

    public string Display => Names.Count > 0 ? Names[^1] : "it";

    public static Reference Named(params IReadOnlyList<string> names) => new() { Names = names };
}

/// <summary>One thing the prompt asks for.</summary>
internal sealed record Intent(Verb Verb, string Noun)
{
    /// <value>The thing acted on, if any.</value>
    public Reference? Target { get; init; }

    /// <value>What kind of thing <see cref="Target"/> is.</value>
    public string TargetNoun { get; init; } = Noun;

    public IReadOnlyDictionary<Slot, IReadOnlyList<string>> Slots { get; init; } =
        new Dictionary<Slot, IReadOnlyList<string>>();

    /// <value>About the person who asks.</value>
    public bool Mine { get; init; }

    /// <value>The field of the thing that is asked for ("when is X due").</value>
    public Slot? Asked { get; init; }

    /// <value>The clause as written.</value>
    public required string Clause { get; init; }

    public bool IsRead => Verb is Verb.List or Verb.ListIn or Verb.Get or Verb.Find or Verb.Count or Verb.WhoAmI;

    public string? Value(Slot slot) => Slots.TryGetValue(slot, out var values) ? values[0] : null;

    public Intent With(Slot slot, params IReadOnlyList<string> values) =>
        this with
        {
            Slots = new Dictionary<Slot, IReadOnlyList<string>>(Slots) { [slot] = values },
        };

    public Intent Without(Slot slot) =>
        this with
        {
            Slots = Slots.Where(pair => pair.Key != slot).ToDictionary(pair => pair.Key, pair => pair.Value),
        };
}
