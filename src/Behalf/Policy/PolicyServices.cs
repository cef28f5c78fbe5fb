using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Policy;

public static class PolicyServices
{
    public static IServiceCollection AddPolicy(this IServiceCollection services)
    {
        services.TryAddSingleton<IPolicy, ConnectionPolicy>();
        return services;
    }
}
