using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Authorization;

public static class AuthorizationServices
{
    /// <summary>
    /// The OAuth client. Needs the stores, <c>IVault</c>, <c>IEgress</c>, <c>IAudit</c>, <c>IConnectorCatalog</c> and
    /// <see cref="BehalfOptions"/>; the host runs <see cref="IAuthorizationWorker"/>.
    /// </summary>
    public static IServiceCollection AddBehalfAuthorization(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SharedClock>();
        services.TryAddSingleton<PublicUrls>();
        services.TryAddSingleton<FlowContexts>();
        services.TryAddSingleton<FlowEnding>();
        services.TryAddSingleton<AuthorizationLinks>();
        services.TryAddSingleton<LinkWithdrawal>();
        services.TryAddSingleton<ConnectPage>();
        services.TryAddSingleton<AuthorizationRequest>();
        services.TryAddSingleton<AuthorizationResponse>();
        services.TryAddSingleton<ReceivedGrant>();
        services.TryAddSingleton<CredentialForm>();
        services.TryAddSingleton<GuessThrottle>();
        services.TryAddSingleton<Verification>();
        services.TryAddSingleton<TokenEndpoint>();
        services.TryAddSingleton<ClientRegistration>();
        services.TryAddSingleton<OwnClients>();
        services.TryAddSingleton<CodeExchange>();
        services.TryAddSingleton<Introspection>();
        services.TryAddSingleton<GrantedTokens>();
        services.TryAddSingleton<RefreshSchedule>();
        services.TryAddSingleton<RefreshFailure>();
        services.TryAddSingleton<SilentEndpoints>();
        services.TryAddSingleton<AskingTurns>();
        services.TryAddSingleton<RefreshSpool>();
        services.AddSingleton<IRingReferences>(provider => provider.GetRequiredService<RefreshSpool>());
        services.TryAddSingleton<IRefreshSpool, SpoolReplay>();
        services.TryAddSingleton<RefreshCommit>();
        services.TryAddSingleton<RefreshRun>();
        services.TryAddSingleton<TokenRefresher>();
        services.TryAddSingleton<ProviderIdentity>();
        services.TryAddSingleton<BroughtCredentials>();
        services.TryAddSingleton<CredentialImport>();
        services.TryAddSingleton<ReadBack>();
        services.TryAddSingleton<RevocationLedger>();
        services.TryAddSingleton<RevocationJobs>();
        services.TryAddSingleton<Revoker>();
        services.TryAddSingleton<WorkSignal>();
        services.TryAddSingleton<DueRefreshes>();
        services.TryAddSingleton<DueRevocations>();
        services.TryAddSingleton<BackgroundWork>();
        services.TryAddSingleton<AuthorizationWorker>();
        services.TryAddSingleton<IAuthorizationWorker>(provider => provider.GetRequiredService<AuthorizationWorker>());
        services.TryAddSingleton<IAuthorization, AuthorizationRoom>();
        services.TryAddSingleton<IReconnectLinks, ReconnectLinks>();
        return services;
    }
}
