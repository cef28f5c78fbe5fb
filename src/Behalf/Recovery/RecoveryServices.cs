using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Recovery;

public static class RecoveryServices
{
    /// <summary>The room; needs an <see cref="IRecoveryStore"/> and the connections.</summary>
    public static IServiceCollection AddRecovery(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRecovery, RecoveryRoom>();
        return services;
    }
}
