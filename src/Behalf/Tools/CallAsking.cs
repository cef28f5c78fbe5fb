namespace Behalf.Tools;

/// <summary>How a provider may ask the person of a call something. Only a door that reaches the person gives it.</summary>
public sealed record CallAsking
{
    /// <value>Of the <see cref="PendingQuestions"/> that this call answers; null: it answers none.</value>
    public string? State { get; init; }

    public IReadOnlyDictionary<string, QuestionAnswer> Answers { get; init; } =
        new Dictionary<string, QuestionAnswer>();

    /// <value>Asks while the call waits. Null: a call that needs it ends with the questions instead.</value>
    public Func<Question, CancellationToken, Task<QuestionAnswer>>? Inline { get; init; }
}
