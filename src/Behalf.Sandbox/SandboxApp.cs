using Behalf.PracticeModel;
using Behalf.Sandbox.Endpoints;
using Behalf.Sandbox.Faults;
using Behalf.Sandbox.Judge;
using Behalf.Sandbox.OAuth;
using Behalf.Sandbox.World;

namespace Behalf.Sandbox;

/// <summary>The practice Asana as a web application, to run alone or inside a test.</summary>
public static class SandboxApp
{
    private const long LargestBody = 12 * 1024 * 1024;

    /// <summary>Builds it; the caller starts, stops and disposes it.</summary>
    /// <exception cref="InvalidOperationException">The world document or an address cannot be used; the message says why.</exception>
    public static WebApplication Build(SandboxOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireLoopback(options.Urls);
        var document = ReadWorld(options);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(k => k.Limits.MaxRequestBodySize = LargestBody);
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Logging.ClearProviders().AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
        // A port that is taken is told in one line by whoever starts this.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Services.ConfigureHttpJsonOptions(j => j.SerializerOptions.Encoder = ApiPipeline.Plain.Encoder);
        AddParts(builder.Services, options, document);
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static void AddParts(IServiceCollection services, SandboxOptions options, WorldDocument document)
    {
        services.AddSingleton(options).AddSingleton(options.Time).AddSingleton(document);
        services.AddSingleton(s =>
        {
            var store = new ObjectStore(options.Time, options.Seed);
            new WorldSeed(document, store).Plant();
            return store;
        });
        services
            .AddSingleton<AppBlocks>()
            .AddSingleton<AccessRules>()
            .AddSingleton<Renderer>()
            .AddSingleton<Paging>()
            .AddSingleton<DownloadLinks>();
        services
            .AddSingleton<TokenPolicy>()
            .AddSingleton<TokenStore>()
            .AddSingleton<AppRegistry>()
            .AddSingleton<SignInSessions>();
        services
            .AddSingleton<ApiLimits>()
            .AddSingleton<RateLimits>()
            .AddSingleton<ConcurrencyLimits>()
            .AddSingleton<ApiPipeline>();
        services.AddSingleton<AuthorizeEndpoints>().AddSingleton<TokenEndpoints>().AddSingleton<OpenIdEndpoints>();
        services.AddSingleton<FaultRules>().AddSingleton<FaultEndpoints>();
        services.AddSingleton<RequestLog>().AddSingleton<CallerOf>().AddSingleton<RequestRecorder>();
        services.AddSingleton<WorldReport>().AddSingleton<DataReport>().AddSingleton<JudgeEndpoints>();
        services.AddSingleton<AssetEndpoints>().AddSingleton<WebhookEndpoints>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookEndpoints>());
        services.AddPracticeModel();
    }

    private static void Map(WebApplication app)
    {
        var services = app.Services;
        foreach (var user in services.GetRequiredService<ObjectStore>().All<User>())
        {
            services.GetRequiredService<TokenStore>().AddPersonal(user);
        }
        var recorder = services.GetRequiredService<RequestRecorder>();
        app.Use((http, next) => recorder.RunAsync(http, next));
        app.UseRouting();
        services.GetRequiredService<AuthorizeEndpoints>().MapTo(app);
        services.GetRequiredService<TokenEndpoints>().MapTo(app);
        services.GetRequiredService<OpenIdEndpoints>().MapTo(app);
        services.GetRequiredService<AssetEndpoints>().MapTo(app);
        services.GetRequiredService<JudgeEndpoints>().MapTo(app);
        services.GetRequiredService<FaultEndpoints>().MapTo(app);
        app.MapPracticeModel();
        Routes(services.GetRequiredService<WebhookEndpoints>()).MapTo(app, services.GetRequiredService<ApiPipeline>());
    }

    internal static ApiRoutes Routes(WebhookEndpoints webhooks)
    {
        var routes = new ApiRoutes();
        UserEndpoints.Map(routes);
        WorkspaceEndpoints.Map(routes);
        ProjectEndpoints.Map(routes);
        TaskEndpoints.Map(routes);
        TaskRelations.Map(routes);
        DuplicateEndpoints.Map(routes);
        SearchEndpoints.Map(routes);
        StoryEndpoints.Map(routes);
        SectionEndpoints.Map(routes);
        TagEndpoints.Map(routes);
        CustomFieldEndpoints.Map(routes);
        AttachmentEndpoints.Map(routes);
        MembershipEndpoints.Map(routes);
        PlanEndpoints.Map(routes);
        RecordEndpoints.Map(routes);
        EventEndpoints.Map(routes);
        BatchEndpoints.Map(routes);
        GoalWriter.Map(routes);
        PortfolioWriter.Map(routes);
        ProjectRelations.Map(routes);
        FieldDefinitions.Map(routes);
        MembershipRecords.Map(routes);
        OrganizationEndpoints.Map(routes);
        webhooks.Map(routes);
        return routes;
    }

    private static WorldDocument ReadWorld(SandboxOptions options)
    {
        try
        {
            return WorldReader.Read(
                options.WorldFile is { } file ? File.ReadAllText(file) : options.World ?? WorldReader.DefaultText
            );
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or InvalidWorldException)
        {
            throw new InvalidOperationException(exception.Message, exception);
        }
    }

    /// <summary>It hands out passwords and tokens to whoever asks, so nobody but this machine may ask.</summary>
    private static void RequireLoopback(string urls)
    {
        foreach (var url in urls.Split(';'))
        {
            if (
                !Uri.TryCreate(url, UriKind.Absolute, out var uri)
                || uri.Scheme != Uri.UriSchemeHttp
                || !uri.IsLoopback
            )
            {
                throw new InvalidOperationException($"The practice Asana listens on loopback http only, not on {url}.");
            }
        }
    }
}
