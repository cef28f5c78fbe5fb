using Behalf.Audit;
using Behalf.Audit.Executions;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Events;
using Behalf.Identity;
using Behalf.Mcp;
using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.SharedTests;

/// <summary>An opened database with every store over it, and the clock in hand.</summary>
/// <param name="owned">Goes with it, such as its folder.</param>
public sealed class StorageUnderTest(ServiceProvider services, FakeTimeProvider time, IDisposable? owned = null)
    : IAsyncDisposable
{
    public FakeTimeProvider Time => time;

    public IEnvironmentStore Environments => Get<IEnvironmentStore>();

    public IApiClientStore Clients => Get<IApiClientStore>();

    public IUserSessionStore Sessions => Get<IUserSessionStore>();

    public IEndUserStore Users => Get<IEndUserStore>();

    public IOperatorCredentialStore Operators => Get<IOperatorCredentialStore>();

    public IKeyRingStore Keys => Get<IKeyRingStore>();

    public IConnectorRevisionStore Revisions => Get<IConnectorRevisionStore>();

    public ICustomToolStore CustomTools => Get<ICustomToolStore>();

    public IConnectionStore Connections => Get<IConnectionStore>();

    public IAccountStore Accounts => Get<IAccountStore>();

    public IMcpConfigStore McpConfigs => Get<IMcpConfigStore>();
    public IMcpInstanceStore McpInstances => Get<IMcpInstanceStore>();

    public IFlowStore Flows => Get<IFlowStore>();

    public IRefreshStore Refreshes => Get<IRefreshStore>();

    public IRevocationStore Revocations => Get<IRevocationStore>();

    public IAuditStore Audit => Get<IAuditStore>();

    public IRepeatStore Repeats => Get<IRepeatStore>();

    public IExecutionStore Executions => Get<IExecutionStore>();

    public IEventStore Events => Get<IEventStore>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        owned?.Dispose();
    }
}
