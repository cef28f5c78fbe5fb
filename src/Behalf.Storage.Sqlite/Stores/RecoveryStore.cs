using Behalf.Recovery;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class RecoveryStore(SqliteDatabase database) : IRecoveryStore
{
    public Task<TrailWitness> LookAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                connection.Execute("BEGIN DEFERRED");
                TrailHead[] heads =
                [
                    .. connection
                        .Query<(byte[] Environment, string Lane, long Sequence, byte[] Head)>(
                            "SELECT environment_id, lane, sequence, head FROM audit_lane ORDER BY environment_id, lane"
                        )
                        .Select(row => new TrailHead(
                            row.Environment.ToId<EnvironmentId>(),
                            row.Lane,
                            row.Sequence,
                            row.Head
                        )),
                ];
                Restoration? newest = connection
                    .Query<(byte[] Id, long At)>("SELECT id, at FROM restoration ORDER BY at DESC, id DESC LIMIT 1")
                    .Select(row => new Restoration(new Guid(row.Id, bigEndian: true), row.At.ToInstant()))
                    .SingleOrDefault();
                connection.Execute("COMMIT");
                return new TrailWitness(newest, heads);
            },
            cancellationToken
        );

    public Task<IReadOnlyList<TrailHead>> MissingAsync(
        IReadOnlyList<TrailHead> heads,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync<IReadOnlyList<TrailHead>>(
            connection =>
                [
                    .. heads.Where(head =>
                        connection.ExecuteScalar<long?>(
                            """
                            SELECT 1 FROM audit_lane
                            WHERE environment_id = @environment AND lane = @lane AND sequence >= @sequence
                              AND NOT EXISTS (
                                SELECT 1 FROM audit_record
                                WHERE environment_id = @environment AND lane = @lane AND sequence = @sequence
                                  AND hash <> @hash)
                            """,
                            new
                            {
                                environment = head.Environment.ToColumn(),
                                lane = head.Lane,
                                sequence = head.Sequence,
                                hash = head.Hash,
                            }
                        )
                            is null
                    ),
                ],
            cancellationToken
        );

    public Task<RestorationEffect> AcceptAsync(Guid restoration, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                int accounts = context.Execute(RestoredRows.FlagAccounts);
                int users = context.Execute(RestoredRows.EndUsersTokens);
                int clients = context.Execute(RestoredRows.EndClientsTokens);
                context.Execute(
                    "INSERT INTO restoration (id, at) VALUES (@id, behalf_now())",
                    new { id = restoration.ToByteArray(bigEndian: true) }
                );
                foreach (
                    byte[] environment in context
                        .Connection.Query<byte[]>("SELECT id FROM environment ORDER BY id")
                        .AsList()
                )
                {
                    context.Leave(Traces.Of(RestoredRows.Record(environment.ToId<EnvironmentId>(), restoration)));
                }

                return new RestorationEffect(accounts, users, clients);
            },
            cancellationToken
        );
}
