namespace Behalf.Egress;

/// <summary>The caller's own token ended the request.</summary>
/// <param name="mayHaveBeenSent">False only when certainly nothing of the request left.</param>
public sealed class EgressCancelledException(bool mayHaveBeenSent, CancellationToken cancellationToken)
    : OperationCanceledException("The caller left before the answer came.", cancellationToken)
{
    public bool MayHaveBeenSent { get; } = mayHaveBeenSent;
}
