using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.People;

public static class PeopleServices
{
    /// <summary>Who signs in at our own pages, over Identity, Egress, Vault and Audit.</summary>
    public static IServiceCollection AddPeople(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<PasswordHash>();
        services.TryAddSingleton<PeopleDirectory>();
        services.TryAddSingleton<SignInSessions>();
        services.TryAddSingleton<PasswordSignIn>();
        services.TryAddSingleton<ProviderDocuments>();
        services.TryAddSingleton<ProviderUrls>();
        services.TryAddSingleton<ProviderSettings>();
        services.TryAddSingleton<IdTokens>();
        services.TryAddSingleton<FederatedPeople>();
        services.TryAddSingleton<ProviderSignIns>();
        services.TryAddSingleton<IPeople, PeopleRoom>();
        return services;
    }
}
