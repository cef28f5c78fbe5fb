using Behalf.Agent;
using Behalf.Client;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.AI;

namespace TeamAgent;

internal static class TeamAgentServices
{
    public static IServiceCollection AddTeamAgent(this IServiceCollection services, TeamAgentOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Connecting>();
        services.AddSingleton(_ => Model());
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

    private static IChatClient Model() =>
        ModelOptions.FromEnvironment() switch
        {
            ModelOptionsResult.Found found => ClaudeChatClient.Create(found.Options),
            ModelOptionsResult.KeyMissing missing => throw new InvalidOperationException(missing.Message),
            ModelOptionsResult.Invalid invalid => throw new InvalidOperationException(invalid.Message),
            _ => throw new InvalidOperationException("The model's settings cannot be read."),
        };
}
