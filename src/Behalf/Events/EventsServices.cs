using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Events;

public static class EventsServices
{
    /// <summary>The events; needs an <see cref="IEventStore"/>.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services)
    {
        services.TryAddSingleton<IEvents, EventsRoom>();
        return services;
    }
}
