using System.Text.RegularExpressions;
using Behalf.PracticeModel.Planning.Answers;
using Behalf.PracticeModel.Planning.Reading;
using Behalf.PracticeModel.Planning.Tools;
using Behalf.PracticeModel.Protocol;

namespace Behalf.PracticeModel.Planning;

/// <summary>Answers a request by rules (README.md): reads the prompt, picks tools by their words, reads results, answers.</summary>
internal static class Planner
{
    /// <returns>Tool uses while the plan needs results, else the final text.</returns>
    public static IReadOnlyList<ReplyBlock> Reply(MessagesRequest request, TimeProvider timeProvider)
    {
        var replay = new Replay(request);
        var toolbox = Offered(request);
        IReadOnlyList<Intent> intents;
        try
        {
            intents = Read(replay.Prompt, toolbox, timeProvider);
        }
        catch (RegexMatchTimeoutException)
        {
            // A prompt made to be slow to read is not read.
            intents = [];
        }

        var outcomes = new PlanRunner(toolbox, replay).Run(intents);
        if (replay.Pending.Count > 0)
        {
            return request.ToolChoice.DisableParallel ? [replay.Pending[0]] : [.. replay.Pending];
        }

        if (request.ToolChoice.Kind is ToolChoiceKind.Any or ToolChoiceKind.Tool)
        {
            return [ForcedCall.Of(toolbox, replay.Prompt)];
        }

        var text = outcomes is null ? "" : AnswerComposer.Compose(outcomes);
        return [new ReplyText(text.Length > 0 ? text : Introduction.Of(toolbox))];
    }

    private static IReadOnlyList<Intent> Read(string prompt, Toolbox toolbox, TimeProvider timeProvider) =>
        Merge(IntentReader.Read(prompt, DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime)), toolbox);

    private static Toolbox Offered(MessagesRequest request) =>
        request.ToolChoice.Kind switch
        {
            ToolChoiceKind.None => new Toolbox([]),
            ToolChoiceKind.Tool => Toolbox.Of([.. request.Tools.Where(tool => tool.Name == request.ToolChoice.Name)]),
            _ => Toolbox.Of(request.Tools),
        };

    /// <summary>"Create X … and assign it to me" is one call where the creating tool takes an assignee.</summary>
    private static IReadOnlyList<Intent> Merge(IReadOnlyList<Intent> intents, Toolbox toolbox)
    {
        var merged = new List<Intent>();
        foreach (var intent in intents)
        {
            var together = merged.Count > 0 ? Together(merged[^1], intent) : null;
            if (
                together is not null
                && ToolSelector.Rank(toolbox, together) is [{ Arguments: { LeftOut.Count: 0, Missing.Count: 0 } }, ..]
            )
            {
                merged[^1] = together;
            }
            else
            {
                merged.Add(intent);
            }
        }

        return merged;
    }

    private static Intent? Together(Intent first, Intent second)
    {
        var pointsBack = second is { Target.PointsBack: true, Verb: Verb.Update or Verb.Move or Verb.Tag };
        var takesMore =
            first is { Verb: Verb.Create, Noun: "task" } or { Verb: Verb.Update, Noun: "task", Target: not null };
        if (!pointsBack || !takesMore || (first.Verb == Verb.Update && second.Verb != Verb.Update))
        {
            return null;
        }

        return second
            .Slots.Where(pair => pair.Key != Slot.Name)
            .Aggregate(first, (intent, pair) => intent.With(pair.Key, pair.Value));
    }
}
