using Behalf.Identity;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class OperatorCredentialStore(PostgreSqlDatabase database) : IOperatorCredentialStore
{
    public Task AddAsync(OperatorCredential credential, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                await context.ExecuteAsync(
                    """
                    INSERT INTO operator_credential (id, client_id, secret_digest, epoch, created_at)
                    VALUES (@id, @clientId, @digest, @epoch, @createdAt)
                    """,
                    new
                    {
                        id = credential.Id,
                        clientId = credential.ClientId,
                        digest = credential.SecretDigest.Hex,
                        epoch = credential.Epoch,
                        createdAt = credential.CreatedAt.ToColumn(),
                    }
                );
                context.Leave(traces);
            },
            cancellationToken
        );

    public Task<OperatorCredential?> FindByClientIdAsync(string clientId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
                (
                    await session.FindAsync<Row>(
                        """
                        SELECT id, client_id, secret_digest, epoch, created_at FROM operator_credential
                        WHERE client_id = @clientId
                        """,
                        new { clientId }
                    )
                )?.ToCredential(),
            cancellationToken
        );

    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.ValueAsync<bool>("SELECT EXISTS (SELECT 1 FROM operator_credential)"),
            cancellationToken
        );

    private sealed class Row
    {
        public required Guid Id { get; init; }
        public required string ClientId { get; init; }
        public required string SecretDigest { get; init; }
        public required long Epoch { get; init; }
        public required long CreatedAt { get; init; }

        public OperatorCredential ToCredential() =>
            new(Id, ClientId, Digest.FromHex(SecretDigest), Epoch, CreatedAt.ToInstant());
    }
}
