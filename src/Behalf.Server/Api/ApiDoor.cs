using Behalf.Server.Api.OpenApi;
using Behalf.Server.Api.Proxy;
using Behalf.Server.Api.Rules;
using Behalf.Server.Api.Services;
using Behalf.Server.Doors;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Behalf.Server.Api;

/// <summary>gRPC and JSON on one set of services, the token endpoint, the key set and health.</summary>
internal static class ApiDoor
{
    private const int MaxMessageBytes = 1024 * 1024;

    public static IServiceCollection AddApiDoor(this IServiceCollection services)
    {
        services.TryAddSingleton<RequestRules>();
        services.TryAddSingleton<RequestSubjects>();
        services.TryAddSingleton<AccountLookup>();
        services.TryAddSingleton<OwnAccounts>();
        services.TryAddSingleton<AccountListing>();
        services.TryAddSingleton<AccountWriting>();
        services.TryAddSingleton<AdministeredConnections>();
        services.TryAddSingleton<AdministeredClients>();
        services.TryAddSingleton<AdministeredRevocations>();
        services.TryAddSingleton<AdministeredTrail>();
        services.TryAddSingleton<AdministeredEnvironment>();
        services.TryAddSingleton<PageTokens>();
        services
            .AddGrpc(grpc =>
            {
                grpc.IgnoreUnknownServices = true;
                grpc.MaxReceiveMessageSize = MaxMessageBytes;
                grpc.EnableDetailedErrors = false;
                grpc.Interceptors.Add<DoorInterceptor>();
            })
            .AddJsonTranscoding(json => json.TypeRegistry = WireTypes.Errors);
        services.TryAddSingleton<DoorInterceptor>();
        services.TryAddSingleton<ConnectedAccountService>();
        services.TryAddSingleton<ToolService>();
        services.TryAddSingleton<ConnectionService>();
        services.TryAddSingleton<McpService>();
        services.TryAddSingleton<ProviderService>();
        services.TryAddSingleton<UserSessionsService>();
        services.TryAddSingleton<VerificationsService>();
        services.TryAddSingleton<AdministrationService>();
        services.TryAddSingleton<EnvironmentService>();
        services.TryAddSingleton<EventsService>();
        services.TryAddSingleton<AgentkitLogsService>();
        services.TryAddSingleton<AgentkitAnalyticsService>();
        services.AddOpenApiDoor();
        services.TryAddSingleton<ExplanationsService>();
        services.TryAddSingleton<KeysService>();
        services.TryAddSingleton<PeopleService>();
        services.TryAddSingleton<ToolSearchService>();
        return services;
    }

    public static void MapApiDoor(this WebApplication app)
    {
        app.MapGrpcService<ConnectedAccountService>();
        app.MapGrpcService<ToolService>();
        app.MapGrpcService<ConnectionService>();
        app.MapGrpcService<McpService>();
        app.MapGrpcService<ProviderService>();
        app.MapGrpcService<UserSessionsService>();
        app.MapGrpcService<VerificationsService>();
        app.MapGrpcService<AdministrationService>();
        app.MapGrpcService<EnvironmentService>();
        app.MapGrpcService<EventsService>();
        app.MapGrpcService<AgentkitLogsService>();
        app.MapGrpcService<AgentkitAnalyticsService>();
        app.MapGrpcService<ExplanationsService>();
        app.MapGrpcService<KeysService>();
        app.MapGrpcService<PeopleService>();
        app.MapGrpcService<ToolSearchService>();
        app.MapTokenEndpoint();
        app.MapProxy();
        app.MapPublicEndpoints();
        app.MapOpenApiDoor();
    }
}
