using Behalf.Client;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace TeamAgent;

internal static class TeamAgentServices
{
    public static IServiceCollection AddTeamAgent(this IServiceCollection services, TeamAgentOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<BegunFlows>();
        services.AddSingleton<UserClients>();
        services.AddSingleton(_ => new BehalfClient(
            new BehalfClientOptions
            {
                Server = options.Server,
                ClientId = options.ClientId,
                ClientSecret = new SecretText(options.ClientSecret),
            }
        ));
        services.AddAntiforgery();
        services.AddAuthorization();
        services
            .AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie(cookie =>
            {
                cookie.LoginPath = "/login";
                cookie.ReturnUrlParameter = "returnUrl";
                cookie.Cookie.Name = "team-agent";
                cookie.Cookie.SameSite = SameSiteMode.Lax;
            });
        return services;
    }
}
