using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class UserSessionStore(SqliteDatabase database) : IUserSessionStore
{
    private const string Select = """
        SELECT environment_id, id, client_id, secret_digest, client, identifier, incarnation, epoch, limits, expires_at
        FROM user_session
        """;

    public Task AddAsync(UserSession session, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO user_session
                      (environment_id, id, client_id, secret_digest, client, identifier, incarnation, epoch, limits,
                       expires_at)
                    VALUES
                      (@environment, @id, @clientId, @digest, @client, @identifier, @incarnation, @epoch, @limits,
                       @expiresAt)
                    """,
                    new
                    {
                        environment = session.Environment.ToColumn(),
                        id = session.Id.ToColumn(),
                        clientId = session.ClientId,
                        digest = session.SecretDigest.Hex,
                        client = session.Client.ToColumn(),
                        identifier = session.Identifier.Value,
                        incarnation = session.Epoch.Incarnation,
                        epoch = session.Epoch.Epoch,
                        limits = session.Limits.ToColumn(),
                        expiresAt = session.ExpiresAt.ToColumn(),
                    }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<UserSession?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                connection.Find<Row>($"{Select} WHERE client_id = @clientId", ("@clientId", clientId))?.ToSession(),
            cancellationToken
        );

    public Task<UserSession?> FindAsync(
        EnvironmentId environment,
        UserSessionId id,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "session",
            (environment, id),
            static (reader, key) =>
                reader
                    .Find<Row>(
                        $"{Select} WHERE environment_id = @environment AND id = @id",
                        ("@environment", key.environment.ToColumn()),
                        ("@id", key.id.ToColumn())
                    )
                    ?.ToSession(),
            cancellationToken
        );

    public Task<int> RemoveEndedAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.Execute(
                    "DELETE FROM user_session WHERE expires_at < @endedBefore",
                    new { endedBefore = endedBefore.ToColumn() }
                ),
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] EnvironmentId { get; init; }
        public required byte[] Id { get; init; }
        public required string ClientId { get; init; }
        public required string SecretDigest { get; init; }
        public required byte[] Client { get; init; }
        public required string Identifier { get; init; }
        public required long Incarnation { get; init; }
        public required long Epoch { get; init; }
        public required string Limits { get; init; }
        public required long ExpiresAt { get; init; }

        public UserSession ToSession() =>
            new()
            {
                Environment = EnvironmentId.ToId<EnvironmentId>(),
                Id = Id.ToId<UserSessionId>(),
                ClientId = ClientId,
                SecretDigest = Digest.FromHex(SecretDigest),
                Client = Client.ToId<ApiClientId>(),
                Identifier = Behalf.Identifier.Parse(Identifier),
                Epoch = new UserEpoch(Incarnation, Epoch),
                Limits = Limits.ToLimits(),
                ExpiresAt = ExpiresAt.ToInstant(),
            };
    }
}
