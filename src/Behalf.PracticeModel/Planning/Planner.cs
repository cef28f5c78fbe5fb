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
        var intents = Merge(
            IntentReader.Read(replay.Prompt, DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime)),
            toolbox
        );
        var outcomes = new PlanRunner(toolbox, replay).Run(intents);
        if (replay.Pending.Count > 0)
        {
            return request.ToolChoice.DisableParallel ? [replay.Pending[0]] : [.. replay.Pending];
        }

        var text = outcomes is null ? "" : AnswerComposer.Compose(outcomes);
        return [new ReplyText(text.Length > 0 ? text : Introduction.Of(toolbox))];
    }

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
        if (
            first is not { Verb: Verb.Create, Noun: "task" }
            || second is not { Target.PointsBack: true, Verb: Verb.Update or Verb.Move or Verb.Tag }
        )
        {
            return null;
        }

        return second
            .Slots.Where(pair => pair.Key != Slot.Name)
            .Aggregate(first, (intent, pair) => intent.With(pair.Key, pair.Value));
    }
}
