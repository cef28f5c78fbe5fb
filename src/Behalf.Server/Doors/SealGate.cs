using Behalf.Server.Hosting;

namespace Behalf.Server.Doors;

/// <summary>While the vault is sealed only health answers; everything else is told to come back.</summary>
internal sealed class SealGate(RequestDelegate next, Readiness readiness)
{
    private static readonly Problem Sealed = new(
        ProblemKind.Unavailable,
        "sealed",
        "This server is sealed: its root key cannot be had at the moment. It opens by itself once it can."
    )
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public Task InvokeAsync(HttpContext http) =>
        readiness.IsReached || http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
            ? next(http)
            : ProblemAnswer.WriteAsync(http, Sealed);
}
