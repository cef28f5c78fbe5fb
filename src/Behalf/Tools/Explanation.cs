namespace Behalf.Tools;

public enum Verdict
{
    Allowed = 1,

    /// <summary>Only the provider knows, and it has not been asked the same before.</summary>
    Unknown = 2,

    Refused = 3,
}

/// <param name="Check"><c>tool</c>, <c>policy</c>, <c>account</c>, <c>scopes</c>, <c>arguments</c> or <c>provider</c>.</param>
/// <param name="Code">A stable name of the reason; empty when allowed.</param>
/// <param name="Message">One sentence.</param>
public sealed record ExplainedCheck(string Check, Verdict Verdict, string Code, string Message)
{
    /// <value>
    /// When what is told was last established: now for what is decided here, else when the provider last confirmed or
    /// refused it; null: nobody has asked the provider.
    /// </value>
    public DateTimeOffset? KnownAt { get; init; }
}

/// <summary>Whether a user may call a tool now, and why.</summary>
/// <param name="At">The moment it holds for.</param>
/// <param name="Tool">Null when there is none of that name.</param>
/// <param name="Checks">In the order in which a call meets them; at least one.</param>
public sealed record Explanation(DateTimeOffset At, OfferedTool? Tool, IReadOnlyList<ExplainedCheck> Checks)
{
    /// <value>The worst of the checks.</value>
    public Verdict Verdict => Checks.Max(check => check.Verdict);
}
