using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Remote;
using Behalf.Egress;
using Behalf.Events;
using Behalf.Grants;
using Behalf.Identity;
using Behalf.Import;
using Behalf.Limits;
using Behalf.Mcp;
using Behalf.People;
using Behalf.Policy;
using Behalf.Proxy;
using Behalf.Recovery;
using Behalf.Registration;
using Behalf.Remote;
using Behalf.Server.KeyServices;
using Behalf.Storage.PostgreSql;
using Behalf.Storage.Sqlite;
using Behalf.Tools;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Server.Hosting;

/// <summary>The composition root: every room and the storage, in the order in which a call walks through them.</summary>
internal static class BehalfServices
{
    public static IServiceCollection AddBehalf(this IServiceCollection services, DatabaseChoice database)
    {
        services.AddIdentity();
        services.AddConnectors();
        services.AddTools();
        services.TryAddSingleton<IRemoteDefinitions, RemoteDefinitions>();
        services.AddRemoteServers();
        services.AddProxy();
        services.AddPolicy();
        services.AddLimits();
        services.AddAudit();
        services.AddBehalfConnections();
        services.AddBehalfAuthorization();
        services.AddPeople();
        services.AddClientRegistration();
        services.AddGrants();
        services.AddMcpServers();
        services.AddEgress();
        services.AddEvents();
        services.AddRecovery();
        services.AddVault(vault =>
        {
            vault.RootKey = database.RootKeyScheme;
            vault.RootKeyFile = database.RootKeyFile;
            vault.CreateRootKey = !database.IsPostgreSql; // nodes must have the same one
        });
        services.AddKeyServices();
        if (database.ConnectionString is { } connectionString)
        {
            services.AddPostgreSqlStorage(storage => storage.ConnectionString = connectionString);
        }
        else
        {
            services.AddSqliteStorage(storage => storage.DatabasePath = database.Folder.Database);
        }

        return services;
    }
}
