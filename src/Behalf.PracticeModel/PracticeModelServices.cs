using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.PracticeModel;

public static class PracticeModelServices
{
    /// <summary>Registers the practice model; <see cref="PracticeModelEndpoints.MapPracticeModel"/> puts it on the wire.</summary>
    public static IServiceCollection AddPracticeModel(
        this IServiceCollection services,
        Action<PracticeModelOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new PracticeModelOptions();
        configure?.Invoke(options);
        services.TryAddSingleton(options);
        services.TryAddSingleton<RequestLog>();
        services.TryAddSingleton<ReplySource>();
        return services;
    }
}
