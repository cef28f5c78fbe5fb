using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Grants;

public static class GrantsServices
{
    /// <summary>What people allowed MCP clients, over Identity, People, Registration and Vault.</summary>
    public static IServiceCollection AddGrants(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OwnGrants>();
        services.TryAddSingleton<RefreshTokens>();
        services.TryAddSingleton<IGrants, GrantsRoom>();
        return services;
    }
}
