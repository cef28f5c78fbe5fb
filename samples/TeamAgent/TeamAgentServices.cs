using Behalf.Agent;
using Behalf.Client;
using Behalf.Client.AspNetCore;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.AI;

namespace TeamAgent;

internal static class TeamAgentServices
{
    public static IServiceCollection AddTeamAgent(this IServiceCollection services, TeamAgentOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => Model());
        services.AddBehalf(behalf =>
        {
            behalf.Server = options.Server;
            behalf.ClientId = options.ClientId;
            behalf.ClientSecret = options.ClientSecret;
        });
        services.AddBehalfConnect();
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

    private static IChatClient Model() =>
        ModelOptions.FromEnvironment() switch
        {
            ModelOptionsResult.Found found => ClaudeChatClient.Create(found.Options),
            ModelOptionsResult.KeyMissing missing => throw new InvalidOperationException(missing.Message),
            ModelOptionsResult.Invalid invalid => throw new InvalidOperationException(invalid.Message),
            _ => throw new InvalidOperationException("The model's settings cannot be read."),
        };
}
