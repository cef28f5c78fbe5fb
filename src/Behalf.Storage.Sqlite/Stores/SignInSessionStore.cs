using Behalf.Identity;
using Behalf.People;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class SignInSessionStore(SqliteDatabase database) : ISignInSessionStore
{
    public Task AddAsync(SignInSession session, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO sign_in_session
                      (digest, environment_id, identifier, incarnation, epoch, signed_in_at, expires_at)
                    VALUES (@digest, @environment, @identifier, @incarnation, @epoch, @signedInAt, @expiresAt)
                    """,
                    new
                    {
                        digest = session.Token.Hex,
                        environment = session.Environment.ToColumn(),
                        identifier = session.Identifier.Value,
                        incarnation = session.Epoch.Incarnation,
                        epoch = session.Epoch.Epoch,
                        signedInAt = session.SignedInAt.ToColumn(),
                        expiresAt = session.ExpiresAt.ToColumn(),
                    }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<SignInSession?> FindAsync(Digest token, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                (
                    connection.QuerySingleOrDefault<Row>(
                        """
                        SELECT digest, environment_id, identifier, incarnation, epoch, signed_in_at, expires_at
                        FROM sign_in_session WHERE digest = @digest
                        """,
                        new { digest = token.Hex }
                    )
                )?.ToSession(),
            cancellationToken
        );

    public Task RemoveAsync(Digest token, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
                context.Execute("DELETE FROM sign_in_session WHERE digest = @digest", new { digest = token.Hex }),
            cancellationToken
        );

    public Task<int> RemoveEndedAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            context => context.Execute("DELETE FROM sign_in_session WHERE expires_at < behalf_now()"),
            cancellationToken
        );

    private sealed class Row
    {
        public required string Digest { get; init; }
        public required byte[] EnvironmentId { get; init; }
        public required string Identifier { get; init; }
        public required long Incarnation { get; init; }
        public required long Epoch { get; init; }
        public required long SignedInAt { get; init; }
        public required long ExpiresAt { get; init; }

        public SignInSession ToSession() =>
            new(
                Behalf.Digest.FromHex(Digest),
                EnvironmentId.ToId<EnvironmentId>(),
                Behalf.Identifier.Parse(Identifier),
                new UserEpoch(Incarnation, Epoch),
                SignedInAt.ToInstant(),
                ExpiresAt.ToInstant()
            );
    }
}
