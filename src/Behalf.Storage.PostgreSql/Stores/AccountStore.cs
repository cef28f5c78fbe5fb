using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;
using Behalf.Storage.PostgreSql.Engine;
using Behalf.Vault;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class AccountStore(PostgreSqlDatabase database, TimeProvider time) : IAccountStore
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
            async context =>
            {
                if (await FindAsync(context, environment, connection, identifier) is { } existing)
                {
                    return (existing, false);
                }

                UserEpoch user = await EndUserStore.EnsureAsync(context, environment, identifier);
                bool added = await context.ExecuteOneAsync(
                    """
                    INSERT INTO account
                      (environment_id, id, connection_id, identifier, incarnation, status, reason, generation,
                       granted_scopes, api_config, organization_id, user_id, created_at, updated_at, row_version)
                    VALUES
                      (@environment, @id, @connection, @identifier, @incarnation, 1, @reason, 0,
                       '', @apiConfig, @organization, @user, behalf_now(), behalf_now(), 1)
                    ON CONFLICT (environment_id, connection_id, identifier) WHERE deleted_at IS NULL DO NOTHING
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
                ConnectedAccount account =
                    await FindAsync(context, environment, connection, identifier)
                    ?? throw new InvalidOperationException("The account's connection does not exist.");
                if (added)
                {
                    context.Leave(traces(account));
                }

                return (account, added);
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
            connection,
            new UserRows(environment, identifier),
            async () =>
                (
                    await database.FindAsync<AccountRow>(
                        $"""
                        {AccountRow.Select}
                        WHERE a.environment_id = $1 AND a.identifier = $2 AND a.deleted_at IS NULL AND a.connection_id = $3
                        """,
                        cancellationToken,
                        environment.ToColumn(),
                        identifier.Value,
                        connection.ToColumn()
                    )
                )?.ToAccount(),
            cancellationToken,
            account => IsTimeless(account!) // what is not there is not remembered
        );

    /// <summary>An open flow ends by itself.</summary>
    private static bool IsTimeless(ConnectedAccount account) => account.OpenFlow is null;

    public Task<ConnectedAccount?> FindAsync(
        EnvironmentId environment,
        AccountId id,
        CancellationToken cancellationToken
    ) => database.ReadAsync(session => FindAsync(session, environment, id), cancellationToken);

    public Task<IReadOnlyList<ConnectedAccount>> OfUserAsync(
        EnvironmentId environment,
        Identifier identifier,
        CancellationToken cancellationToken
    ) =>
        database.RecallAsync<IReadOnlyList<ConnectedAccount>>(
            "accounts of a user",
            default(ValueTuple),
            new UserRows(environment, identifier),
            async () =>
                [
                    .. (
                        await database.QueryAsync<AccountRow>(
                            $"""
                            {AccountRow.Select}
                            WHERE a.environment_id = $1 AND a.identifier = $2 AND a.deleted_at IS NULL ORDER BY a.id
                            """,
                            cancellationToken,
                            environment.ToColumn(),
                            identifier.Value
                        )
                    ).Select(row => row.ToAccount()),
                ],
            cancellationToken,
            accounts => accounts.Count <= MostRemembered && accounts.All(IsTimeless)
        );

    public Task<Page<ConnectedAccount>> ListAsync(
        AccountFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session =>
            {
                (string where, DynamicParameters values) = AccountConditions.Of(filter);
                return new PageQuery(AccountRow.Select, AccountRow.From, where, "a.id").ReadAsync<
                    AccountRow,
                    ConnectedAccount
                >(session, values, page, row => row.ToAccount());
            },
            cancellationToken
        );

    public Task<SealedCredential?> FindCredentialAsync(
        EnvironmentId environment,
        AccountId account,
        CancellationToken cancellationToken
    ) => database.ReadAsync(session => CredentialRow.FindAsync(session, environment, account), cancellationToken);

    public Task<bool> ReplaceCredentialAsync(
        ConnectedAccount account,
        NewCredential credential,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool replaced = await CredentialChange.ReplaceAsync(
                    context,
                    account.Environment,
                    credential,
                    account.Connection
                );
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
            async context =>
            {
                bool changed = await context.ExecuteOneAsync(
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
            context => AccountStop.RunAsync(context, account, expected, delete, reason, job, traces),
            cancellationToken
        );

    public Task WaitForStartsAsync(CancellationToken cancellationToken) =>
        database.WaitForStartsAsync().WaitAsync(cancellationToken);

    public Task<bool> MarkAsync(
        ConnectedAccount account,
        long generation,
        CredentialStatus status,
        string? reason,
        Traces traces,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async context =>
            {
                bool marked = await CredentialChange.MarkAsync(
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
            session =>
                session.ValueAsync<int>(
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

    private static async Task<ConnectedAccount?> FindAsync(
        Session session,
        EnvironmentId environment,
        ConnectionId connection,
        Identifier identifier
    ) =>
        (
            await session.FindAsync<AccountRow>(
                ByIdentifier,
                new
                {
                    environment = environment.ToColumn(),
                    connection = connection.ToColumn(),
                    identifier = identifier.Value,
                }
            )
        )?.ToAccount();

    internal static async Task<ConnectedAccount?> FindAsync(Session session, EnvironmentId environment, AccountId id) =>
        (
            await session.FindAsync<AccountRow>(ById, new { environment = environment.ToColumn(), id = id.ToColumn() })
        )?.ToAccount();
}
