namespace Behalf.Egress;

/// <summary>
/// Which origins may be called at all; also asked when an address is saved, so that a wrong one is refused early. Asks no
/// DNS: where a name leads is checked at each connect. Safe to call concurrently.
/// </summary>
public interface IEgressOrigins
{
    /// <returns>Null when the URI's origin may be called; otherwise a sentence for the caller.</returns>
    string? ProblemWith(Uri uri);

    /// <summary>True when the operator listed exactly this origin: then private addresses may be dialled for it.</summary>
    bool IsListed(Uri uri);
}
