using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>What must be known inside a transaction before records can be given their place in this node's lane.</summary>
/// <param name="Now">Database time.</param>
/// <param name="Heads">Sequence and hash of the newest record; environments without one are not here.</param>
internal sealed record LaneHeads(
    DateTimeOffset Now,
    IReadOnlyDictionary<EnvironmentId, (long Sequence, byte[] Hash)> Heads
)
{
    /// <summary>Of a transaction that leaves no record.</summary>
    public static LaneHeads None(DateTimeOffset now) =>
        new(now, new Dictionary<EnvironmentId, (long Sequence, byte[] Hash)>());

    /// <summary>Holds the node's name until the transaction ends: nobody can take it over in between.</summary>
    private const string Own = """
        SELECT behalf_now() FROM node WHERE name = $1 AND process = $2 FOR KEY SHARE
        """;

    private const string Newest = """
        SELECT environment_id, sequence, head FROM audit_lane WHERE environment_id = ANY ($1) AND lane = $2
        """;

    public static void AddTo(NpgsqlBatch batch, NodeName node, IEnumerable<EnvironmentId> environments)
    {
        batch.Add(Own, node.Name, node.Process);
        batch.Add(Newest, environments.Distinct().Select(environment => environment.Value).ToArray(), node.Name);
    }

    /// <summary>Reads the two results, the reader standing on the first of them.</summary>
    /// <exception cref="StorageUnavailableException">Another process has taken this node's name.</exception>
    public static async Task<LaneHeads> ReadAsync(NpgsqlDataReader reader, NodeName node)
    {
        if (!await reader.ReadAsync())
        {
            throw node.Lost();
        }

        DateTimeOffset now = reader.GetInt64(0).ToInstant();
        await reader.NextResultAsync();
        Dictionary<EnvironmentId, (long, byte[])> heads = [];
        while (await reader.ReadAsync())
        {
            heads.Add(
                reader.GetGuid(0).ToId<EnvironmentId>(),
                (reader.GetInt64(1), await reader.GetFieldValueAsync<byte[]>(2))
            );
        }

        return new LaneHeads(now, heads);
    }
}
