using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Behalf.Client;

public static class ServiceCollectionExtensions
{
    /// <summary>The section <see cref="AddBehalf(IServiceCollection, string)"/> reads by default.</summary>
    public const string ConfigurationSection = "Behalf";

    /// <summary>
    /// Adds one <see cref="BehalfClient"/> for the process, configured by a section of the application's configuration:
    /// <c>Behalf:Server</c>, <c>Behalf:ClientId</c>, <c>Behalf:ClientSecret</c> and the other properties of
    /// <see cref="BehalfClientOptions"/>. A host does not start with wrong or missing ones.
    /// </summary>
    public static IServiceCollection AddBehalf(
        this IServiceCollection services,
        string section = ConfigurationSection
    ) => Add(services, options => options.BindConfiguration(section));

    /// <summary>As the other, configured in code.</summary>
    public static IServiceCollection AddBehalf(this IServiceCollection services, Action<BehalfClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(services, options => options.Configure(configure));
    }

    private static IServiceCollection Add(
        IServiceCollection services,
        Action<OptionsBuilder<BehalfClientOptions>> configure
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services
            .AddOptions<BehalfClientOptions>()
            .Configure<IServiceProvider>(
                (target, provider) => target.TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System
            );
        configure(options);
        options.ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<BehalfClientOptions>, BehalfClientOptionsValidator>()
        );
        services.TryAddSingleton(provider => new BehalfClient(
            provider.GetRequiredService<IOptions<BehalfClientOptions>>().Value
        ));
        return services;
    }
}

/// <summary>Every fault at once, each naming its setting.</summary>
internal sealed class BehalfClientOptionsValidator : IValidateOptions<BehalfClientOptions>
{
    public ValidateOptionsResult Validate(string? name, BehalfClientOptions options)
    {
        var faults = options.Faults().ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
