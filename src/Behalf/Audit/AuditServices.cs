using Behalf.Audit.Executions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Audit;

public static class AuditServices
{
    /// <summary>The audit trail; needs an <see cref="IAuditStore"/> and the vault.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AuditOutage>();
        services.TryAddSingleton<AuditBacklog>();
        services.TryAddSingleton<AuditSigner>();
        services.TryAddSingleton<AuditVerifier>();
        services.TryAddSingleton<AuditRedaction>();
        services.TryAddSingleton<AuditRetention>();
        services.TryAddSingleton<IAuditUpkeep, AuditUpkeep>();
        services.TryAddSingleton<IAudit, AuditTrail>();
        services.TryAddSingleton<IExecutionLog, ExecutionLog>();
        services.TryAddSingleton<IAuditCheckpoints, AuditCheckpoints>();
        return services;
    }
}
