using Behalf.Audit;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class AuditRow : IKeyedRow
{
    public const string Select = """
        SELECT environment_id, lane, sequence, id, version, at, body, personal, hash FROM audit_record
        """;

    public required Guid EnvironmentId { get; init; }
    public required string Lane { get; init; }
    public required long Sequence { get; init; }
    public required Guid Id { get; init; }
    public required long Version { get; init; }
    public required long At { get; init; }
    public required byte[] Body { get; init; }
    public byte[]? Personal { get; init; }
    public required byte[] Hash { get; init; }

    public Guid PageKey => Id;

    public StoredAuditRecord ToStored() =>
        new(EnvironmentId.ToId<EnvironmentId>(), Lane, Sequence, (int)Version, At.ToInstant(), Body, Personal, Hash);
}
