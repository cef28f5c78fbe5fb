namespace Behalf.Server.Background;

internal static class BackgroundServices
{
    /// <summary>What the server does without being asked.</summary>
    public static IServiceCollection AddBackground(this IServiceCollection services)
    {
        services.AddHostedService<DefinitionWarming>();
        services.AddHostedService<AuthorizationWork>();
        services.AddHostedService<AuditCheckpointing>();
        services.AddHostedService<AuditRemoving>();
        services.AddHostedService<AbandonedCalls>();
        services.AddHostedService<SessionCleanup>();
        services.AddHostedService<PeopleCleanup>();
        services.AddHostedService<RepeatCleanup>();
        services.AddHostedService<ExecutionProjecting>();
        services.AddHostedService<KeyWork>();
        services.AddHostedService<TrailWatching>(); // stops first: what the others leave at the end is of no concern to it
        return services;
    }
}
