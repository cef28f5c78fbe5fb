using Behalf.Identity;
using Behalf.People;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class SignInSessionStore(PostgreSqlDatabase database) : ISignInSessionStore
{
    public Task AddAsync(SignInSession session, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
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
            async session =>
                (
                    await session.FindAsync<Row>(
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
                context.ExecuteAsync("DELETE FROM sign_in_session WHERE digest = @digest", new { digest = token.Hex }),
            cancellationToken
        );

    public Task<int> RemoveEndedAsync(CancellationToken cancellationToken) =>
        database.WriteAsync(
            context => context.ExecuteAsync("DELETE FROM sign_in_session WHERE expires_at < behalf_now()"),
            cancellationToken
        );

    private sealed class Row
    {
        public required string Digest { get; init; }
        public required Guid EnvironmentId { get; init; }
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
