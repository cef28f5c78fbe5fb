using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Doors;

/// <summary>While the vault is sealed only health and metrics answer; everything else is told to come back.</summary>
internal sealed class SealGate(RequestDelegate next, Readiness readiness, IVault vault)
{
    public Task InvokeAsync(HttpContext http) =>
        (readiness.IsReached && vault.IsOpen)
        || http.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
        || http.Request.Path.StartsWithSegments("/metrics", StringComparison.Ordinal)
            ? next(http)
            : ProblemAnswer.WriteAsync(http, Failures.Sealed);
}
