namespace Behalf.Audit;

/// <summary>
/// What makes one call a repeat of another. Stored with the intent, in its transaction, so that two nodes cannot both
/// start. Both values are MACs: they tell equal from different and reveal neither key nor arguments.
/// </summary>
public sealed record CallKey
{
    /// <value>How long a key that a caller brought is kept.</value>
    public static readonly TimeSpan Life = TimeSpan.FromHours(24);

    /// <value>How long a call without a key may be repeated once it has ended.</value>
    public static readonly TimeSpan RepeatWindow = TimeSpan.FromSeconds(10);

    /// <value>64 hexadecimal characters: of the key that the caller brought, or else of the call itself.</value>
    public required string Value { get; init; }

    /// <value>64 hexadecimal characters over subject, connection, tool and arguments.</value>
    public required string Content { get; init; }

    /// <value>True when the caller brought it: then it means one execution for <see cref="Life"/>.</value>
    public required bool IsNamed { get; init; }
}

/// <summary>How far an execution with a key has come.</summary>
public enum CallState
{
    Running = 1,
    Succeeded = 2,
    Failed = 3,

    /// <summary>Ended without anyone knowing what became of it.</summary>
    Unknown = 4,

    /// <summary>Ended before anything was sent: the key is free again.</summary>
    Unsent = 5,
}

/// <summary>What became of an answer. Only calls without a key of the caller ask.</summary>
public enum AnswerFate
{
    /// <summary>Not known yet: it is being made or sent, or the process that sent it died.</summary>
    Open = 1,
    Delivered = 2,
    Lost = 3,
}

/// <summary>The execution that a key stands for.</summary>
public sealed record PriorCall
{
    public required ExecutionId Execution { get; init; }

    public required string Content { get; init; }

    public required CallState State { get; init; }

    public required AnswerFate Answer { get; init; }

    /// <value>Null while it runs, and when no outcome was kept.</value>
    public byte[]? OutcomeSealed { get; init; }

    /// <value>From then on the key means nothing.</value>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What is kept of a call with a key, in the transaction of its completion.</summary>
/// <param name="OutcomeSealed">Under the account's own key: shredding the account takes it along.</param>
/// <param name="RepeatableFor">At most <see cref="CallKey.RepeatWindow"/>; of no account when the caller brought a key.</param>
public sealed record CallEnd(CallState State, byte[]? OutcomeSealed, TimeSpan RepeatableFor)
{
    public static CallEnd Unsent { get; } = new(CallState.Unsent, null, TimeSpan.Zero);
}

public enum RepeatVerdict
{
    /// <summary>A call of its own.</summary>
    Start = 1,

    /// <summary>A repeat: it gets the answer of the prior call.</summary>
    Repeat = 2,

    /// <summary>The caller's key was used for another call.</summary>
    OtherContent = 3,
}

/// <summary>The one rule of at most once, for every store; asked inside the transaction that would start the call.</summary>
public static class RepeatRule
{
    /// <param name="writes">An interrupted read may simply be done again; a write may not.</param>
    public static RepeatVerdict Decide(CallKey key, bool writes, PriorCall? prior, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (prior is null || prior.ExpiresAt <= now)
        {
            return RepeatVerdict.Start;
        }

        if (prior.Content != key.Content)
        {
            return key.IsNamed ? RepeatVerdict.OtherContent : RepeatVerdict.Start;
        }

        bool interruptedRead = !writes && prior is { State: CallState.Unknown, OutcomeSealed: null };
        bool answered = !key.IsNamed && prior is { State: CallState.Succeeded, Answer: AnswerFate.Delivered };
        return interruptedRead || answered ? RepeatVerdict.Start : RepeatVerdict.Repeat;
    }
}
