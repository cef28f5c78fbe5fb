using Behalf.Grants;
using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class OwnGrantStore(PostgreSqlDatabase database) : IOwnGrantStore
{
    public Task<IReadOnlyList<OwnGrant>> ListAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            async Task<IReadOnlyList<OwnGrant>> (session) =>
                [
                    .. (
                        await session.QueryAsync<Row>(
                            """
                            SELECT client, client_id, client_name, incarnation, epoch, scopes, created_at, expires_at
                            FROM oauth_grant
                            WHERE environment_id = @environment AND identifier = @identifier AND redeemed_at IS NOT NULL
                              AND ended_at IS NULL AND expires_at > behalf_now()
                            ORDER BY created_at, id
                            """,
                            new { environment = environment.ToColumn(), identifier = identifier.Value }
                        )
                    ).Select(row => row.ToGrant()),
                ],
            cancellationToken
        );

    public Task<bool> EndAsync(
        EnvironmentId environment,
        Identifier identifier,
        OAuthClientId client,
        string reason,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                var whose = new
                {
                    environment = environment.ToColumn(),
                    identifier = identifier.Value,
                    client = client.ToColumn(),
                    reason,
                };
                int ended = await context.ExecuteAsync(
                    """
                    UPDATE oauth_grant SET ended_at = behalf_now(), end_reason = @reason
                    WHERE environment_id = @environment AND identifier = @identifier AND client = @client
                      AND ended_at IS NULL
                    """,
                    whose
                );
                int forgotten = await context.ExecuteAsync(
                    """
                    DELETE FROM oauth_consent
                    WHERE environment_id = @environment AND identifier = @identifier AND client = @client
                    """,
                    whose
                );
                if (ended + forgotten == 0)
                {
                    return false;
                }

                context.Withdraw();
                context.Leave(traces);
                return true;
            },
            cancellationToken
        );

    private sealed class Row
    {
        public required Guid Client { get; init; }
        public required string ClientId { get; init; }
        public required string ClientName { get; init; }
        public required long Incarnation { get; init; }
        public required long Epoch { get; init; }
        public required string Scopes { get; init; }
        public required long CreatedAt { get; init; }
        public required long ExpiresAt { get; init; }

        public OwnGrant ToGrant() =>
            new(
                Client.ToId<OAuthClientId>(),
                ClientId,
                ClientName,
                new UserEpoch(Incarnation, Epoch),
                ScopeSet.Parse(Scopes),
                CreatedAt.ToInstant(),
                ExpiresAt.ToInstant()
            );
    }
}
