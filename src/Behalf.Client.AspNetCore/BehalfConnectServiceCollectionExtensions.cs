using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Client.AspNetCore;

public static class BehalfConnectServiceCollectionExtensions
{
    /// <summary>The section the options are read from, before <c>configure</c>.</summary>
    public const string ConfigurationSection = "Behalf:Connect";

    /// <summary>
    /// What <see cref="BehalfConnectEndpoints.MapBehalfConnect"/> needs, beside <c>AddBehalf()</c> and the application's
    /// own authentication. A host does not start with wrong options. The web framework's own line for each request, which
    /// holds the query and so the verification's secrets, is silenced; middleware that logs paths only is unaffected.
    /// </summary>
    public static IServiceCollection AddBehalfConnect(
        this IServiceCollection services,
        Action<BehalfConnectOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<BehalfConnectOptions>().BindConfiguration(ConfigurationSection);
        if (configure is not null)
        {
            options.Configure(configure);
        }
        options.ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<BehalfConnectOptions>, BehalfConnectOptionsValidator>()
        );
        services.PostConfigure<LoggerFilterOptions>(RequestLog.Silence);
        services.AddAntiforgery();
        services.AddDataProtection();
        services.AddAuthorization();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SpentStates>();
        services.TryAddSingleton<AttemptCookie>();
        services.TryAddSingleton<ConnectFlow>();
        return services;
    }
}
