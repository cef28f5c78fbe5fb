namespace Behalf.Audit;

/// <summary>The faults of one verification, bounded: a trail that is broken everywhere must not fill memory.</summary>
internal sealed class FaultList
{
    /// <value>Faults that are named one by one; one more says how many there were.</value>
    public const int Max = 1000;

    private readonly List<AuditFault> _faults = [];
    private long _more;

    public void Add(string lane, long sequence, string description)
    {
        if (_faults.Count < Max)
        {
            _faults.Add(new AuditFault(AuditText.Neutralise(lane) ?? string.Empty, sequence, description));
        }
        else
        {
            _more++;
        }
    }

    public IReadOnlyList<AuditFault> ToArray() =>
        _more == 0 ? [.. _faults] : [.. _faults, new AuditFault(string.Empty, 0, $"and {_more} more faults")];
}
