using Behalf.Tools.Custom;
using Behalf.Tools.Repeats;
using Behalf.Tools.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Tools;

public static class ToolsServices
{
    /// <summary>The scoped list and execution, over the rooms Connectors, Policy, Audit, Connections and Vault.</summary>
    public static IServiceCollection AddTools(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OfferedTools>();
        services.TryAddSingleton<CustomTools>();
        services.TryAddSingleton<ScopedToolList>();
        services.TryAddSingleton<ToolRunner>();
        services.TryAddSingleton<CallRepeats>();
        services.TryAddSingleton<ErrorDetails>();
        services.TryAddSingleton<ToolExecution>();
        services.TryAddSingleton<ToolStyle>();
        services.TryAddSingleton<ToolExplainer>();
        services.TryAddSingleton<ITools, ToolsRoom>();
        return services;
    }
}
