namespace Behalf.PracticeModel.Protocol;

internal static class StopReasons
{
    public const string EndTurn = "end_turn";
    public const string ToolUse = "tool_use";
    public const string MaxTokens = "max_tokens";
}

internal abstract record ReplyBlock;

internal sealed record ReplyText(string Text) : ReplyBlock;

/// <param name="Id">Shown to the caller as is; scripts may repeat one.</param>
/// <param name="Name">A tool that was offered, unless a script says otherwise.</param>
/// <param name="InputJson">Sent as it stands while streaming, so that a script can send what is not JSON.</param>
internal sealed record ReplyToolUse(string Id, string Name, string InputJson) : ReplyBlock;

/// <summary>What the model says, before it is written as one JSON object or as a stream of events.</summary>
internal sealed record ModelReply(string MessageId, string Model, IReadOnlyList<ReplyBlock> Content, string StopReason)
{
    public required int InputTokens { get; init; }

    public required int OutputTokens { get; init; }

    public static int TokensOf(IEnumerable<ReplyBlock> content) =>
        content.Sum(block =>
            block switch
            {
                ReplyText text => TokenEstimate.Of(text.Text.Length),
                ReplyToolUse use => TokenEstimate.Of(use.Name.Length + use.InputJson.Length),
                _ => 0,
            }
        );

    /// <summary>
    /// Fits <paramref name="content"/> into <paramref name="maxTokens"/>: a text is cut, a tool use that does not fit
    /// is left out with all that follows, and the stop reason becomes <c>max_tokens</c>.
    /// </summary>
    public static (IReadOnlyList<ReplyBlock> Content, string StopReason) Fit(
        IReadOnlyList<ReplyBlock> content,
        string stopReason,
        int maxTokens
    )
    {
        var kept = new List<ReplyBlock>();
        var left = maxTokens;
        foreach (var block in content)
        {
            var cost = TokensOf([block]);
            if (cost <= left)
            {
                kept.Add(block);
                left -= cost;
                continue;
            }

            if (block is ReplyText text && left > 0)
            {
                kept.Add(new ReplyText(text.Text[..(left * TokenEstimate.CharactersPerToken)]));
            }

            return (kept, StopReasons.MaxTokens);
        }

        return (kept, stopReason);
    }
}
