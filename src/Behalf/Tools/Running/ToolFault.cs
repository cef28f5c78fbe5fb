using Behalf.Connectors.Steps;

namespace Behalf.Tools.Running;

/// <summary>
/// A step that ended the call, in the fixed vocabulary. Thrown between steps only, and turned into an outcome where the
/// run is entered.
/// </summary>
internal sealed class ToolFault(string kind, string message) : Exception(message)
{
    /// <value>One of <see cref="FaultKinds"/>.</value>
    public string Kind { get; } = kind;

    public int? ProviderStatus { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <value>Set when our own side stopped the call; then this is the answer.</value>
    public Problem? Stopped { get; init; }

    public bool IsRecoverable => Stopped is null && FaultKinds.Recoverable.Contains(Kind);
}
