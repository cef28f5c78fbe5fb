using Behalf.PracticeModel.Planning.Results;
using Behalf.PracticeModel.Planning.Tools;

namespace Behalf.PracticeModel.Planning;

/// <summary>
/// One intent with one tool: an id is looked up first where the tool takes no names; when the tool does not know a name,
/// or knows several, it is tried once more with the id of the one thing that fits.
/// </summary>
internal sealed class ToolAttempt(EntityResolver resolver, Replay replay)
{
    /// <returns>Null while a call is still to be answered.</returns>
    public Outcome? Run(Intent intent, ToolMatch match, string step, string? target, string? subject, bool lookUp)
    {
        var byName = target is not null && target == subject;
        var property = TargetProperty(match);
        var lookedUp = false;
        if (byName && lookUp && property is { TakesName: false })
        {
            lookedUp = true;
            switch (LookUp(intent, step))
            {
                case Resolution.Pending:
                    return null;
                case Resolution.Found { Row: var row }:
                    (target, subject, byName) = (row.Id, row.Name, false);
                    break;
                case Resolution.Ambiguous { Candidates: var candidates }:
                    return new Outcome(OutcomeKind.Ambiguous, intent) { Rows = candidates, Subject = subject };
                case Resolution.Failed { Output: var failed }:
                    return Ended(intent, match, failed, subject);
                case Resolution.NotFound:
                    return new Outcome(OutcomeKind.NotFound, intent) { Subject = subject };
            }
        }

        if (replay.Call($"{step}a", match.Tool.Name, ArgumentWriter.Write(match, intent, target)) is not { } output)
        {
            return null;
        }

        if (
            output.Trouble is Trouble.NotFound or Trouble.Ambiguous
            && byName
            && lookUp
            && !lookedUp
            && property is not null
        )
        {
            var choice = output is { Trouble: Trouble.Ambiguous, Rows.Count: > 0 }
                ? EntityResolver.Choose(output.Rows, intent.Target!.Names)
                : LookUp(intent, step);
            switch (choice)
            {
                case Resolution.Pending:
                    return null;
                case Resolution.Found { Row: var row }:
                    if (
                        replay.Call($"{step}b", match.Tool.Name, ArgumentWriter.Write(match, intent, row.Id))
                        is not { } again
                    )
                    {
                        return null;
                    }

                    return Ended(intent, match, again, row.Name);
                case Resolution.Ambiguous { Candidates: var candidates }:
                    return new Outcome(OutcomeKind.Ambiguous, intent)
                    {
                        Rows = candidates,
                        Subject = subject,
                        Output = output,
                    };
            }
        }

        return Ended(intent, match, output, subject);
    }

    private Resolution LookUp(Intent intent, string step) =>
        resolver.Resolve(intent.TargetNoun, intent.Target!.Names, step);

    private static ToolProperty? TargetProperty(ToolMatch match) =>
        match.Arguments.Properties.GetValueOrDefault(Slot.Target)
        ?? match.Arguments.Properties.GetValueOrDefault(Slot.Parent);

    private static Outcome Ended(Intent intent, ToolMatch match, ToolOutput output, string? subject)
    {
        var kind = output.Trouble switch
        {
            Trouble.None => OutcomeKind.Done,
            Trouble.NotFound => OutcomeKind.NotFound,
            Trouble.Ambiguous => OutcomeKind.Ambiguous,
            _ => OutcomeKind.Failed,
        };
        return new Outcome(kind, intent)
        {
            Output = output,
            Subject = subject ?? intent.Value(Slot.Name),
            LeftOut = match.Arguments.LeftOut,
            Rows = intent.IsRead || kind == OutcomeKind.Ambiguous ? Found(intent, output) : Single(output),
        };
    }

    /// <summary>Who asks for one thing gets it, whatever lists come with it.</summary>
    private static IReadOnlyList<Row> Found(Intent intent, ToolOutput output) =>
        intent.Verb is Verb.Get or Verb.WhoAmI && output.Thing is not null ? Single(output)
        : intent.Verb is Verb.List && output.Thing?.Part(intent.Noun) is { Count: > 0 } part ? part
        : output.Rows.Count > 0 ? output.Rows
        : Single(output);

    private static IReadOnlyList<Row> Single(ToolOutput output) => output.Thing is { } thing ? [thing] : [];
}
