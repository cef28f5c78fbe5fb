using Microsoft.Extensions.AI;

namespace Behalf.Agent.Model;

internal enum TurnFinish
{
    Answered,
    ToolCalls,

    /// <summary>The answer hit the output limit: what it asks for may be incomplete.</summary>
    Length,
    Declined,

    /// <summary>The model paused a long turn and wants to be asked again.</summary>
    Paused,
}

/// <summary>What became of one turn of the model.</summary>
internal abstract record ModelTurn
{
    private ModelTurn() { }

    /// <param name="Message">As it goes back to the model, with unique call ids.</param>
    /// <param name="Calls">The calls of <paramref name="Message"/>, in order.</param>
    internal sealed record Finished(
        ChatMessage Message,
        string Text,
        IReadOnlyList<RequestedCall> Calls,
        TurnFinish Finish,
        long InputTokens,
        long OutputTokens
    ) : ModelTurn;

    internal sealed record Failed(string Sentence) : ModelTurn;
}

/// <param name="IsDuplicate">The model had used the id before; the id in <paramref name="Content"/> is a new one.</param>
internal sealed record RequestedCall(FunctionCallContent Content, bool IsDuplicate);
