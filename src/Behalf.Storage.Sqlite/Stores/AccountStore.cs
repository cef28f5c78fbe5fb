using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Behalf.Vault;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class AccountStore(SqliteDatabase database, TimeProvider time) : IAccountStore
{
    /// <summary>Of one user's accounts.</summary>
    private const int MostRemembered = 100;

    private const string OfUser = """
        a.environment_id = @environment AND a.identifier = @identifier AND a.deleted_at IS NULL
        """;

    private const string ByIdentifier = $"{AccountRow.Select} WHERE {OfUser} AND a.connection_id = @connection";

    private const string ById = $"""
        {AccountRow.Select} WHERE a.environment_id = @environment AND a.id = @id AND a.deleted_at IS NULL
        """;

    public async Task<(ConnectedAccount Account, bool Created)> EnsureAsync(
        EnvironmentId environment,
        ConnectionId connection,
        Identifier identifier,
        AccountLabels labels,
        Func<ConnectedAccount, Traces> traces,
        CancellationToken cancellationToken
    )
    {
        AccountId id = EntityId.New<AccountId>(time);
        return await database.WriteAsync(
            context =>
            {
                if (Find(context.Connection, environment, connection, identifier) is { } existing)
                {
                    return (existing, false);
                }

                UserEpoch user = EndUserStore.Ensure(context, environment, identifier);
                context.Execute(
                    """
                    INSERT INTO account
                      (environment_id, id, connection_id, identifier, incarnation, status, reason, generation,
                       granted_scopes, api_config, organization_id, user_id, created_at, updated_at, row_version)
                    VALUES
                      (@environment, @id, @connection, @identifier, @incarnation, 1, @reason, 0,
                       '', @apiConfig, @organization, @user, behalf_now(), behalf_now(), 1)
                    """,
                    new
                    {
                        environment = environment.ToColumn(),
                        id = id.ToColumn(),
                        connection = connection.ToColumn(),
                        identifier = identifier.Value,
                        incarnation = user.Incarnation,
                        reason = AccountReasons.NeverConnected,
                        apiConfig = labels.ApiConfig,
                        organization = labels.OrganizationId,
                        user = labels.UserId,
                    }
                );
                ConnectedAccount created =
                    Find(context.Connection, environment, id)
                    ?? throw new InvalidOperationException("The account's connection does not exist.");
                context.Leave(traces(created));
                return (created, true);
            },
            cancellationToken
        );
    }

    public Task<ConnectedAccount?> FindAsync(
        EnvironmentId environment,
        ConnectionId connection,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync(
            "account at a connection",
            (environment, connection, identifier),
            static (reader, key) => Find(reader, key.environment, key.connection, key.identifier),
            cancellationToken,
            account => IsTimeless(account!) // what is not there is not remembered
        );

    public Task<ConnectedAccount?> FindAsync(
        EnvironmentId environment,
        AccountId id,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => Find(connection, environment, id), cancellationToken);

    /// <summary>An open flow ends by itself.</summary>
    private static bool IsTimeless(ConnectedAccount account) => account.OpenFlow is null;

    public Task<IReadOnlyList<ConnectedAccount>> OfUserAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync<(EnvironmentId, Identifier), IReadOnlyList<ConnectedAccount>>(
            "accounts of a user",
            (environment, identifier),
            static (reader, key) =>
                [
                    .. reader
                        .Rows<AccountRow>(
                            $"{AccountRow.Select} WHERE {OfUser} ORDER BY a.id",
                            ("@environment", key.Item1.ToColumn()),
                            ("@identifier", key.Item2.Value)
                        )
                        .Select(row => row.ToAccount()),
                ],
            cancellationToken,
            accounts => accounts.Count <= MostRemembered && accounts.All(IsTimeless)
        );

    public Task<Page<ConnectedAccount>> ListAsync(
        AccountFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
            {
                (string where, DynamicParameters values) = AccountConditions.Of(filter);
                return new PageQuery(
                    AccountRow.Select,
                    AccountRow.From,
                    where,
                    "a.id",
                    AccountConditions.AreNarrow(filter)
                ).Read<AccountRow, ConnectedAccount>(connection, values, page, row => row.ToAccount());
            },
            cancellationToken
        );

    public Task<SealedCredential?> FindCredentialAsync(
        EnvironmentId environment,
        AccountId account,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => CredentialRow.Find(connection, environment, account), cancellationToken);

    public Task<bool> ReplaceCredentialAsync(
        ConnectedAccount account,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool replaced = CredentialChange.Replace(context, account.Environment, credential, account.Connection);
                if (replaced)
                {
                    context.Leave(traces);
                }

                return replaced;
            },
            cancellationToken
        );

    public Task<bool> ChangeAsync(ConnectedAccount account, Traces traces, CancellationToken cancellationToken) =>
        database.WriteAsync(
            context =>
            {
                bool changed = context.ExecuteOne(
                    """
                    UPDATE account
                    SET api_config = @apiConfig, updated_at = behalf_now(), row_version = row_version + 1
                    WHERE environment_id = @environment AND id = @id AND row_version = @version AND deleted_at IS NULL
                    """,
                    new
                    {
                        environment = account.Environment.ToColumn(),
                        id = account.Id.ToColumn(),
                        version = account.RowVersion,
                        apiConfig = account.ApiConfig,
                    }
                );
                if (changed)
                {
                    context.Leave(traces);
                }

                return changed;
            },
            cancellationToken
        );

    public Task<bool> StopAsync(
        ConnectedAccount account,
        long expected,
        bool delete,
        string reason,
        RevocationJob? job,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context => AccountStop.Run(context, account, expected, delete, reason, job, traces),
            cancellationToken
        );

    public Task WaitForStartsAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<bool> MarkAsync(
        ConnectedAccount account,
        long generation,
        CredentialStatus status,
        string? reason,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            context =>
            {
                bool marked = CredentialChange.Mark(
                    context,
                    account.Environment,
                    account.Id,
                    generation,
                    status,
                    reason
                );
                if (marked)
                {
                    context.Leave(traces);
                }

                return marked;
            },
            cancellationToken
        );

    public Task<int> CountSharingGrantAsync(
        EnvironmentId environment,
        ConnectionId connection,
        AccountId account,
        string? providerUserKey,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            reader =>
                reader.ExecuteScalar<int>(
                    $"SELECT count(*) {AccountConditions.SharingGrant}",
                    new
                    {
                        environment = environment.ToColumn(),
                        connection = connection.ToColumn(),
                        account = account.ToColumn(),
                        providerUserKey,
                    }
                ),
            cancellationToken
        );

    private static ConnectedAccount? Find(
        PreparedConnection reader,
        EnvironmentId environment,
        ConnectionId connection,
        Identifier identifier
    ) =>
        reader
            .Find<AccountRow>(
                ByIdentifier,
                ("@environment", environment.ToColumn()),
                ("@connection", connection.ToColumn()),
                ("@identifier", identifier.Value)
            )
            ?.ToAccount();

    internal static ConnectedAccount? Find(PreparedConnection reader, EnvironmentId environment, AccountId id) =>
        reader.Find<AccountRow>(ById, ("@environment", environment.ToColumn()), ("@id", id.ToColumn()))?.ToAccount();
}
