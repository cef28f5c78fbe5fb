using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Events;
using Behalf.Grants;
using Behalf.Identity;
using Behalf.Mcp;
using Behalf.People;
using Behalf.Recovery;
using Behalf.Registration;
using Behalf.Storage.Sqlite.Stores;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Storage.Sqlite;

public static class SqliteStorageServices
{
    /// <summary>
    /// Every store of the rooms over one embedded database. The host calls <see cref="SqliteDatabase.OpenAsync"/> before
    /// it serves; until then every store answers with <see cref="StorageUnavailableException"/>.
    /// </summary>
    public static IServiceCollection AddSqliteStorage(
        this IServiceCollection services,
        Action<SqliteStorageOptions> configure
    )
    {
        services.Configure(configure);
        services.AddOptions<BehalfOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SqliteDatabase>();
        services.TryAddSingleton<IDatabase>(provider => provider.GetRequiredService<SqliteDatabase>());
        services.TryAddSingleton<IDatabaseSchema>(provider => provider.GetRequiredService<SqliteDatabase>());

        services.TryAddSingleton<IEnvironmentStore, EnvironmentStore>();
        services.TryAddSingleton<IApiClientStore, ApiClientStore>();
        services.TryAddSingleton<IUserSessionStore, UserSessionStore>();
        services.TryAddSingleton<IEndUserStore, EndUserStore>();
        services.TryAddSingleton<IOperatorCredentialStore, OperatorCredentialStore>();
        services.TryAddSingleton<IKeyRingStore, KeyRingStore>();
        services.TryAddSingleton<IRingSealedStore, RingSealedStore>();
        services.TryAddSingleton<IConnectorRevisionStore, ConnectorRevisionStore>();
        services.TryAddSingleton<ICustomToolStore, CustomToolStore>();
        services.TryAddSingleton<IConnectionStore, ConnectionStore>();
        services.TryAddSingleton<IAccountStore, AccountStore>();
        services.TryAddSingleton<IFlowStore, FlowStore>();
        services.TryAddSingleton<IRefreshStore, RefreshStore>();
        services.TryAddSingleton<IRevocationStore, RevocationStore>();
        services.TryAddSingleton<IAuditStore, AuditStore>();
        services.TryAddSingleton<IAuditUpkeepStore, AuditUpkeepStore>();
        services.TryAddSingleton<IRepeatStore, RepeatStore>();
        services.TryAddSingleton<IExecutionStore, ExecutionStore>();
        services.TryAddSingleton<IMcpConfigStore, McpConfigStore>();
        services.TryAddSingleton<IMcpInstanceStore, McpInstanceStore>();
        services.TryAddSingleton<IGroupPolicyStore, GroupPolicyStore>();
        services.TryAddSingleton<IPersonStore, PersonStore>();
        services.TryAddSingleton<ISignInSessionStore, SignInSessionStore>();
        services.TryAddSingleton<IIdentityProviderStore, IdentityProviderStore>();
        services.TryAddSingleton<IOAuthClientStore, OAuthClientStore>();
        services.TryAddSingleton<IGrantStore, GrantStore>();
        services.TryAddSingleton<IOwnGrantStore, OwnGrantStore>();
        services.TryAddSingleton<IEventStore, EventStore>();
        services.TryAddSingleton<IRecoveryStore, RecoveryStore>();
        return services;
    }
}
