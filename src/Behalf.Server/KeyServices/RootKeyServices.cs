using Behalf.Vault;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Server.KeyServices;

internal static class RootKeyServices
{
    /// <summary>The key services that a root key can be named in.</summary>
    public static IServiceCollection AddKeyServices(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRootKeySource, AwsKmsSource>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRootKeySource, VaultTransitSource>());
        return services;
    }
}
