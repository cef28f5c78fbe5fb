using Behalf.PracticeModel.Planning.Tools;

namespace Behalf.PracticeModel.Planning.Answers;

/// <summary>What the model says when the prompt asks for nothing it can plan.</summary>
internal static class Introduction
{
    private const int MaxTools = 40;

    public static string Of(Toolbox toolbox) =>
        toolbox.Tools.Count == 0
            ? "I am the practice model: I plan by simple rules, and no tools are offered to me here."
            : "I am the practice model: I plan by simple rules. I could not read a task in that. I can use these tools: "
                + $"{string.Join(", ", toolbox.Tools.Take(MaxTools).Select(tool => string.Join(' ', tool.NameWords)))}.";
}
