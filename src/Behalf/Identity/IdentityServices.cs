using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Identity;

public static class IdentityServices
{
    /// <summary>Needs the room's stores, the vault, the audit and a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.TryAddSingleton<PublicUrls>();
        services.TryAddSingleton<Issuers>();
        services.TryAddSingleton<TokenKeys>();
        services.TryAddSingleton<TokenIssuer>();
        services.TryAddSingleton<ServerTokens>();
        services.TryAddSingleton<SignedTokens>();
        services.TryAddSingleton<TokenReader>();
        services.TryAddSingleton<ServerCallers>();
        services.TryAddSingleton<GrantCallers>();
        services.TryAddSingleton<GuessThrottle>();
        services.TryAddSingleton<CredentialCheck>();
        services.TryAddSingleton<Callers>();
        services.TryAddSingleton<Subjects>();
        services.TryAddSingleton<UserSessions>();
        services.TryAddSingleton<ApiClients>();
        services.TryAddSingleton<Environments>();
        services.TryAddSingleton<EnvironmentSettings>();
        services.TryAddSingleton<Bootstrap>();
        services.TryAddSingleton<IIdentity, IdentityRoom>();
        return services;
    }
}
