using System.Text.Json.Nodes;
using Behalf.PracticeModel.Planning.Results;
using Behalf.PracticeModel.Planning.Tools;

namespace Behalf.PracticeModel.Planning;

/// <summary>
/// Carries out intents in order. Independent neighbours (all reads, or the same kind of write) are asked for in one
/// turn; one that points back waits for what it points at.
/// </summary>
internal sealed class PlanRunner(Toolbox toolbox, Replay replay)
{
    private const int MaxCandidates = 3;

    private readonly EntityResolver resolver = new(toolbox, replay);

    /// <returns>The outcomes, or null while calls are still to be answered.</returns>
    public IReadOnlyList<Outcome>? Run(IReadOnlyList<Intent> intents)
    {
        var outcomes = new List<Outcome>();
        var waiting = false;
        for (var index = 0; index < intents.Count; index++)
        {
            var intent = intents[index];
            if (waiting && !IsIndependent(intents[index - 1], intent))
            {
                return null;
            }

            if (Perform(intent, $"c{index}", outcomes) is { } outcome)
            {
                outcomes.Add(outcome);
            }
            else
            {
                waiting = true;
            }
        }

        return waiting ? null : outcomes;
    }

    private static bool IsIndependent(Intent before, Intent intent) =>
        intent.Target is not { PointsBack: true }
        && ((before.IsRead && intent.IsRead) || (before.Verb == intent.Verb && before.Noun == intent.Noun));

    private Outcome? Perform(Intent intent, string step, List<Outcome> before)
    {
        if (intent.Verb is Verb.Help or Verb.Unknown)
        {
            return new Outcome(OutcomeKind.Talk, intent);
        }

        if (intent.Target is not { PointsBack: true } back)
        {
            return PerformNamed(intent, step);
        }

        if (before.Count > 0 && before[^1].Kind != OutcomeKind.Done)
        {
            return new Outcome(OutcomeKind.Skipped, intent);
        }

        var known = before.LastOrDefault(outcome => outcome.Rows.Count > 0)?.Rows ?? replay.EarlierRows();
        IReadOnlyList<Row> rows =
            back.All ? [.. known.Take(back.Count)]
            : back.Ordinal is { } ordinal && ordinal < known.Count && known.Count > 0
                ? [ordinal < 0 ? known[^1] : known[ordinal]]
            : [];
        if (rows.Count == 0)
        {
            return new Outcome(OutcomeKind.NotFound, intent) { Subject = "the one you mean" };
        }

        var done = rows.Select((row, index) => PerformOn(intent, row, $"{step}r{index}")).ToList();
        return done.Contains(null)
            ? null
            : done.FirstOrDefault(outcome => outcome!.Kind != OutcomeKind.Done) ?? Together(intent, done!, rows);
    }

    private static Outcome Together(Intent intent, IReadOnlyList<Outcome> done, IReadOnlyList<Row> rows) =>
        done.Count == 1 ? done[0] : done[0] with { Intent = intent, Subject = null, Rows = rows };

    private Outcome? PerformOn(Intent intent, Row row, string step)
    {
        var outcome = Try(intent, step, row.Id ?? row.Name, row.Name);

        // After a change to it, "it" is still the thing that was changed.
        var stays =
            outcome is { Kind: OutcomeKind.Done } && !intent.IsRead && intent.Noun is not ("subtask" or "section");
        return stays ? outcome! with { Rows = [row] } : outcome;
    }

    private Outcome? PerformNamed(Intent intent, string step)
    {
        if (intent.Verb == Verb.Create && intent.Slots.TryGetValue(Slot.Name, out var names) && names.Count > 1)
        {
            var each = names
                .Select((name, index) => Try(intent.With(Slot.Name, name), $"{step}n{index}", target: null, name))
                .ToList();
            if (each.Contains(null))
            {
                return null;
            }

            var rows = each.SelectMany(outcome => outcome!.Rows).ToList();
            return each.FirstOrDefault(outcome => outcome!.Kind != OutcomeKind.Done)
                ?? each[0]! with
                {
                    Intent = intent,
                    Rows = rows,
                    Subject = null,
                };
        }

        return intent.Verb == Verb.ListIn || LooksUpFirst(intent)
            ? PerformResolved(intent, step)
            : Try(intent, step, intent.Target?.Names[0], intent.Target?.Names[0]);
    }

    /// <summary>A place whose name is not in quotes may or may not include its generic noun, so it is looked up before it is used.</summary>
    private static bool LooksUpFirst(Intent intent) =>
        intent.Target is { Names.Count: > 1 } && intent.TargetNoun is "project" && intent.IsRead;

    private Outcome? PerformResolved(Intent intent, string step)
    {
        var reference = intent.Target!;
        switch (resolver.Resolve(intent.TargetNoun, reference.Names, step))
        {
            case Resolution.Pending:
                return null;
            case Resolution.Found { Row: var row }:
                return PerformOn(intent, row, $"{step}p");
            case Resolution.Ambiguous { Candidates: var candidates }:
                return new Outcome(OutcomeKind.Ambiguous, intent) { Rows = candidates, Subject = reference.Names[0] };
            case Resolution.Failed { Output: { Trouble: Trouble.Reconnect } output }:
                return new Outcome(OutcomeKind.Failed, intent) { Output = output, Subject = reference.Display };
            default:
                return TryNames(intent, step, reference);
        }
    }

    /// <summary>The look-up did not know it; the tool itself may still accept one of the names.</summary>
    private Outcome? TryNames(Intent intent, string step, Reference reference)
    {
        Outcome? outcome = null;
        for (var index = 0; index < reference.Names.Count; index++)
        {
            outcome = Try(intent, $"{step}v{index}", reference.Names[index], reference.Names[index], lookUp: false);
            if (outcome is not { Kind: OutcomeKind.NotFound })
            {
                break;
            }
        }

        return outcome is { Kind: OutcomeKind.NotFound } ? outcome with { Subject = reference.Display } : outcome;
    }

    private Outcome? Try(Intent intent, string step, string? target, string? subject, bool lookUp = true)
    {
        var matches = ToolSelector.Rank(toolbox, intent);
        var runnable = matches.Where(match => match.Arguments.Missing.Count == 0).Take(MaxCandidates).ToList();
        if (runnable.Count == 0)
        {
            // What it finds is among the tools when this is planned anew.
            if (
                toolbox.CanSearch
                && replay.Call($"{step}q", Toolbox.Search, new JsonObject { ["query"] = intent.Clause }) is null
            )
            {
                return null;
            }

            return matches.Count == 0
                ? new Outcome(OutcomeKind.NoTool, intent)
                : new Outcome(OutcomeKind.MissingInput, intent) { Missing = matches[0].Arguments.Missing };
        }

        for (var index = 0; index < runnable.Count; index++)
        {
            var outcome = new ToolAttempt(resolver, replay).Run(
                intent,
                runnable[index],
                $"{step}t{index}",
                target,
                subject,
                lookUp
            );
            var another =
                outcome?.Output?.Trouble is Trouble.Unavailable or Trouble.Invalid
                && intent.IsRead
                && index + 1 < runnable.Count;
            if (!another)
            {
                return outcome;
            }
        }

        throw new InvalidOperationException("The last candidate always returns.");
    }
}
