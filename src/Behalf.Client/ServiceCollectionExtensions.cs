using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Client;

public static class ServiceCollectionExtensions
{
    /// <summary>Adds one <see cref="BehalfClient"/> for the process; wrong options throw when it is first asked for.</summary>
    public static IServiceCollection AddBehalf(this IServiceCollection services, Action<BehalfClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddSingleton(provider =>
        {
            var options = new BehalfClientOptions
            {
                TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System,
            };
            configure(options);
            return new BehalfClient(options);
        });
        return services;
    }
}
