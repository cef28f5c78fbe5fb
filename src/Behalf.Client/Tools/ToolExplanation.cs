namespace Behalf.Client;

/// <summary>Whether a user may call a tool now, and why.</summary>
/// <param name="Verdict"><c>allowed</c>, <c>refused</c> or <c>unknown</c>: the worst of the checks.</param>
/// <param name="ToolName">The tool itself, whatever it was called; empty when there is none.</param>
public sealed record ToolExplanation(
    string Verdict,
    string ToolName,
    string ConnectionName,
    IReadOnlyList<ToolCheck> Checks
)
{
    /// <value>The moment it holds for.</value>
    public DateTimeOffset At { get; init; }
}

/// <param name="Check"><c>tool</c>, <c>policy</c>, <c>account</c>, <c>scopes</c>, <c>arguments</c> or <c>provider</c>.</param>
/// <param name="Code">A stable name of the reason; empty when allowed.</param>
public sealed record ToolCheck(string Check, string Verdict, string Code, string Message)
{
    /// <value>
    /// When it was last established: the explanation's own moment for what the server decides, else when the provider last
    /// confirmed or refused it; null: the provider was never asked.
    /// </value>
    public DateTimeOffset? KnownAt { get; init; }
}
