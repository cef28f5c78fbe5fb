using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using Behalf.Vault;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Behalf.Server.Hosting;

/// <summary>
/// Metrics for Prometheus, and metrics and traces to an OpenTelemetry collector when the standard variable
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one; the other <c>OTEL_…</c> variables hold too.
/// </summary>
internal static class ServerTelemetry
{
    private const string Rooms = "Behalf";
    private const string Runtime = "System.Runtime";

    /// <value>Series of one of the runtime's instruments, which have few; room for 2,000 is taken otherwise, for each.</value>
    private const int MostOfTheRuntime = 64;

    private const string CollectorVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] s_meters =
    [
        Rooms,
        State.Name,
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http",
        Runtime,
        "Npgsql",
    ];

    public static IServiceCollection AddServerTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        bool hasCollector = !string.IsNullOrWhiteSpace(configuration[CollectorVariable]);
        services.AddSingleton<State>();
        OpenTelemetryBuilder telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource =>
                resource
                    .AddService("behalf", serviceVersion: Version, autoGenerateServiceInstanceId: false)
                    .AddDetector(services => new Instance(services.GetRequiredService<IOptions<BehalfOptions>>()))
            )
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(s_meters);
                metrics.AddView(instrument =>
                    instrument.Meter.Name == Runtime
                        ? new MetricStreamConfiguration { CardinalityLimit = MostOfTheRuntime }
                        : null
                );
                metrics.AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 1000);
                if (hasCollector)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (hasCollector)
        {
            telemetry.WithTracing(tracing =>
                tracing
                    .AddSource(Rooms, "Microsoft.AspNetCore", "Npgsql")
                    .AddProcessor<WithoutPaths>()
                    .AddOtlpExporter()
            );
        }

        return services;
    }

    private static string? Version =>
        typeof(ServerTelemetry)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;

    private sealed class Instance(IOptions<BehalfOptions> options) : IResourceDetector
    {
        public Resource Detect() => new([new("service.instance.id", options.Value.Node)]);
    }

    /// <summary>Links and callbacks carry secrets in their path or query: the route says enough.</summary>
    private sealed class WithoutPaths : BaseProcessor<Activity>
    {
        private static readonly string[] s_withheld =
        [
            "url.path",
            "url.query",
            "url.full",
            "http.target",
            "http.url",
            "user_agent.original",
        ];

        public override void OnEnd(Activity data)
        {
            foreach (string name in s_withheld)
            {
                data.SetTag(name, null);
            }
        }
    }

    /// <summary>Whether this node serves.</summary>
    internal sealed class State : IDisposable
    {
        public const string Name = "Behalf.Server";

        private readonly Meter _meter = new(Name);

        public State(Readiness readiness, IVault vault)
        {
            _meter.CreateObservableGauge(
                "behalf.ready",
                () => readiness.IsReached && vault.IsOpen ? 1 : 0,
                "{node}",
                "0 while the root key cannot be had: everything but health answers 503."
            );
        }

        public void Dispose() => _meter.Dispose();
    }
}
