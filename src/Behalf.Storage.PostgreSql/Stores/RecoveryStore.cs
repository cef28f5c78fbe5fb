using Behalf.Recovery;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class RecoveryStore(PostgreSqlDatabase database) : IRecoveryStore
{
    public Task<TrailWitness> LookAsync(CancellationToken cancellationToken) =>
        database.ReadTogetherAsync(
            async session =>
            {
                List<(Guid Environment, string Lane, long Sequence, byte[] Head)> heads = await session.QueryAsync<(
                    Guid,
                    string,
                    long,
                    byte[]
                )>("SELECT environment_id, lane, sequence, head FROM audit_lane ORDER BY environment_id, lane");
                List<(Guid Id, long At)> newest = await session.QueryAsync<(Guid, long)>(
                    "SELECT id, at FROM restoration ORDER BY at DESC, id DESC LIMIT 1"
                );
                return new TrailWitness(
                    newest is [var one] ? new Restoration(one.Id, one.At.ToInstant()) : null,
                    [
                        .. heads.Select(row => new TrailHead(
                            row.Environment.ToId<EnvironmentId>(),
                            row.Lane,
                            row.Sequence,
                            row.Head
                        )),
                    ]
                );
            },
            cancellationToken
        );

    public Task<IReadOnlyList<TrailHead>> MissingAsync(
        IReadOnlyList<TrailHead> heads,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<TrailHead>>(
            async session =>
            {
                List<int> missing = await session.QueryAsync<int>(
                    """
                    SELECT w.place::integer
                    FROM unnest(@environments::uuid[], @lanes::text[], @sequences::bigint[], @hashes::bytea[])
                      WITH ORDINALITY AS w (environment_id, lane, sequence, hash, place)
                    LEFT JOIN audit_lane l
                      ON l.environment_id = w.environment_id AND l.lane = w.lane AND l.sequence >= w.sequence
                    LEFT JOIN audit_record r
                      ON r.environment_id = w.environment_id AND r.lane = w.lane AND r.sequence = w.sequence
                    WHERE l.lane IS NULL OR r.hash <> w.hash
                    ORDER BY w.place
                    """,
                    new
                    {
                        environments = heads.Select(head => head.Environment.ToColumn()).ToArray(),
                        lanes = heads.Select(head => head.Lane).ToArray(),
                        sequences = heads.Select(head => head.Sequence).ToArray(),
                        hashes = heads.Select(head => head.Hash).ToArray(),
                    }
                );
                return [.. missing.Select(place => heads[place - 1])];
            },
            cancellationToken
        );

    public Task<RestorationEffect> AcceptAsync(Guid restoration, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                int accounts = await context.ExecuteAsync(RestoredRows.FlagAccounts);
                int users = await context.ExecuteAsync(RestoredRows.EndUsersTokens);
                int clients = await context.ExecuteAsync(RestoredRows.EndClientsTokens);
                await context.ExecuteAsync(
                    "INSERT INTO restoration (id, at) VALUES (@id, behalf_now())",
                    new { id = restoration }
                );
                foreach (Guid environment in await context.QueryAsync<Guid>("SELECT id FROM environment ORDER BY id"))
                {
                    context.Leave(Traces.Of(RestoredRows.Record(environment.ToId<EnvironmentId>(), restoration)));
                }

                context.Withdraw();
                return new RestorationEffect(accounts, users, clients);
            },
            cancellationToken
        );
}
