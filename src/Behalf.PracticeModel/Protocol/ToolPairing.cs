namespace Behalf.PracticeModel.Protocol;

/// <summary>Every <c>tool_use</c> is answered in the very next message, and nothing else is answered.</summary>
internal static class ToolPairing
{
    public static void Check(IReadOnlyList<InputMessage> messages)
    {
        var seen = new HashSet<string>();
        for (var index = 0; index < messages.Count; index++)
        {
            var asked = messages[index].Content.OfType<ToolUseBlock>().Select(use => use.Id).ToList();
            foreach (var id in asked.Where(id => !seen.Add(id)))
            {
                throw RequestRefusedException.Invalid($"messages.{index}: `tool_use` ids must be unique: {id}");
            }

            CheckAnswers(messages, index, asked);
            CheckQuestions(messages, index);
        }
    }

    private static void CheckAnswers(IReadOnlyList<InputMessage> messages, int index, List<string> asked)
    {
        var next = index + 1 < messages.Count ? messages[index + 1] : null;
        var answered = next?.Content.OfType<ToolResultBlock>().Select(result => result.ToolUseId).ToHashSet() ?? [];
        var missing = asked.Where(id => !answered.Contains(id)).ToList();
        if (missing.Count > 0)
        {
            throw RequestRefusedException.Invalid(
                $"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                    + $"{string.Join(", ", missing)}. Each `tool_use` block must have a corresponding `tool_result` "
                    + "block in the next message."
            );
        }
    }

    private static void CheckQuestions(IReadOnlyList<InputMessage> messages, int index)
    {
        var before = index > 0 ? messages[index - 1].Content.OfType<ToolUseBlock>().Select(use => use.Id) : [];
        var open = before.ToHashSet();
        foreach (var result in messages[index].Content.OfType<ToolResultBlock>())
        {
            if (!open.Remove(result.ToolUseId))
            {
                throw RequestRefusedException.Invalid(
                    $"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {result.ToolUseId}. "
                        + "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                );
            }
        }
    }
}
