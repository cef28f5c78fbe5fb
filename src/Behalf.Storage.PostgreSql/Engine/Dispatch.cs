using Behalf.Audit;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>What a bundle sent to be committed, over all its attempts.</summary>
internal sealed class Dispatch
{
    /// <value>One of its records. Null: none was sent, or what became of it is known.</value>
    public StoredAuditRecord? Record { get; private set; }

    public bool IsInDoubt => Record is not null;

    public void Includes(StoredAuditRecord? record) => Record = record;

    public void IsSettled() => Record = null;
}
