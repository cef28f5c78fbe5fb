using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Limits;

public static class LimitsServices
{
    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        services.TryAddSingleton<ILimits, LimitsRoom>();
        return services;
    }
}
