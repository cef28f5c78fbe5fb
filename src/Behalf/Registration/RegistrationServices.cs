using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Registration;

public static class RegistrationServices
{
    /// <summary>MCP clients of the authorization server, over Egress and Audit.</summary>
    public static IServiceCollection AddClientRegistration(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ClientDocuments>();
        services.TryAddSingleton<IClientRegistry, ClientRegistry>();
        return services;
    }
}
