using System.Text.RegularExpressions;

namespace Behalf.PracticeModel.Planning.Reading;

internal enum RuleForm
{
    /// <summary>The groups of the pattern are the slots.</summary>
    Groups,

    /// <summary>Verb, noun and names with modifiers anywhere: see <see cref="CreationReader"/>.</summary>
    Create,

    /// <summary>A noun with modifiers anywhere: see <see cref="ListingReader"/>.</summary>
    Listing,

    /// <summary>A thing (without one: "it") and changes to it, each a modifier.</summary>
    Changes,
}

/// <summary>A form of words and what it means.</summary>
/// <param name="Verb">What is asked.</param>
/// <param name="Noun">Of which kind; empty when the pattern's <c>noun</c> group says so.</param>
/// <param name="Pattern">Matched against a whole clause whose quotes are masked.</param>
internal sealed record IntentRule(Verb Verb, string Noun, Regex Pattern)
{
    public static IReadOnlyDictionary<string, Slot> GroupSlots { get; } =
        new Dictionary<string, Slot>
        {
            ["text"] = Slot.Text,
            ["newname"] = Slot.Name,
            ["project"] = Slot.Project,
            ["section"] = Slot.Section,
            ["assignee"] = Slot.Assignee,
            ["people"] = Slot.People,
            ["due"] = Slot.Due,
            ["priority"] = Slot.Priority,
            ["notes"] = Slot.Notes,
            ["query"] = Slot.Query,
            ["tag"] = Slot.Tag,
            ["depends"] = Slot.DependsOn,
            ["field"] = Slot.Field,
            ["value"] = Slot.Value,
            ["url"] = Slot.Url,
            ["parent"] = Slot.Parent,
        };

    public RuleForm Form { get; init; } = RuleForm.Groups;

    public string? TargetNoun { get; init; }

    public IReadOnlyList<(Slot Slot, string Value)> Fixed { get; init; } = [];

    public bool Mine { get; init; }

    public Slot? Asked { get; init; }
}
