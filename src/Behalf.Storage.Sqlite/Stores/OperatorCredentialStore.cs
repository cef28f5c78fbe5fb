using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class OperatorCredentialStore(SqliteDatabase database) : IOperatorCredentialStore
{
    public Task AddAsync(OperatorCredential credential, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                context.Execute(
                    """
                    INSERT INTO operator_credential (id, client_id, secret_digest, epoch, created_at)
                    VALUES (@id, @clientId, @digest, @epoch, @createdAt)
                    """,
                    new
                    {
                        id = credential.Id.ToColumn(),
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
            connection =>
                connection
                    .QuerySingleOrDefault<Row>(
                        """
                        SELECT id, client_id, secret_digest, epoch, created_at FROM operator_credential
                        WHERE client_id = @clientId
                        """,
                        new { clientId }
                    )
                    ?.ToCredential(),
            cancellationToken
        );

    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection => connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM operator_credential)") != 0,
            cancellationToken
        );

    private sealed class Row
    {
        public required byte[] Id { get; init; }
        public required string ClientId { get; init; }
        public required string SecretDigest { get; init; }
        public required long Epoch { get; init; }
        public required long CreatedAt { get; init; }

        public OperatorCredential ToCredential() =>
            new(new Guid(Id, bigEndian: true), ClientId, Digest.FromHex(SecretDigest), Epoch, CreatedAt.ToInstant());
    }
}
