using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Server.AuthorizationServer;

/// <summary>Where people sign in, and allow MCP clients to act for them.</summary>
internal static class AuthorizationServerDoor
{
    public static IServiceCollection AddAuthorizationServerDoor(this IServiceCollection services)
    {
        services.TryAddSingleton<AskedEnvironments>();
        services.TryAddSingleton<ServerMetadata>();
        services.TryAddSingleton<ProviderCookie>();
        services.TryAddSingleton<SignInPages>();
        services.TryAddSingleton<ConsentTickets>();
        services.TryAddSingleton<AuthorizePage>();
        services.TryAddSingleton<RegistrationEndpoint>();
        services.TryAddSingleton<ConnectClientPage>();
        services.TryAddSingleton<AccessPage>();
        services.AddProtocolEngine();
        return services;
    }

    public static void MapAuthorizationServerDoor(this WebApplication app)
    {
        ServerMetadata.Map(app);
        SignInPages.Map(app);
        AuthorizePage.Map(app);
        RegistrationEndpoint.Map(app);
        ConnectClientPage.Map(app);
        AccessPage.Map(app);
    }
}
