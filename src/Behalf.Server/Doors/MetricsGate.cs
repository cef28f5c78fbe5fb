using System.Security.Cryptography;
using System.Text;
using Behalf.Server.Hosting;

namespace Behalf.Server.Doors;

/// <summary>An endpoint for this node's scrape token, which is no credential of anybody.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ScrapedAttribute : Attribute, IAccessDeclaration;

/// <summary><c>GET /metrics</c> for Prometheus: whoever holds this node's scrape token may read numbers, and nothing else.</summary>
internal static class MetricsGate
{
    private const string Path = "/metrics";

    public static void MapMetrics(this WebApplication app)
    {
        _ = app.Services.GetRequiredService<ServerTelemetry.State>(); // begins to tell
        app.MapPrometheusScrapingEndpoint(Path).WithDisplayName("metrics").WithMetadata(new ScrapedAttribute());
    }

    /// <summary>Between routing and the endpoints.</summary>
    public static void UseMetricsGate(this WebApplication app)
    {
        byte[] token = SHA256.HashData(Encoding.UTF8.GetBytes(ScrapeToken.Of(app.Configuration, app.Services)));
        app.Use(
            (context, next) =>
            {
                if (context.GetEndpoint()?.Metadata.GetMetadata<ScrapedAttribute>() is null)
                {
                    return next(context);
                }

                if (
                    BearerTokens.Read(context.Request.Headers.Authorization, several: false) is [var given]
                    && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), token)
                )
                {
                    return next(context);
                }

                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return Task.CompletedTask;
            }
        );
    }
}
