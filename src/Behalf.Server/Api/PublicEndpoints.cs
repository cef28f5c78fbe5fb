using Behalf.Audit;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Api;

/// <summary>Health and the key set: they reveal no names and no environments.</summary>
internal static class PublicEndpoints
{
    /// <value>How long the database may take to say that it takes writes.</value>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void MapPublicEndpoints(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", Live).WithDisplayName("health live");
        app.MapGet("/health/ready", ReadyAsync).WithDisplayName("health ready");
        app.MapGet("/keys", KeysAsync).WithDisplayName("key set");
        app.MapFallback("/api/{**path}", NothingHereAsync).WithDisplayName("no such path");
    }

    [OpenToAll("A probe has no credential.")]
    private static IResult Live() => Results.Text("live\n");

    [OpenToAll("A probe has no credential.")]
    private static async Task<IResult> ReadyAsync(
        Readiness readiness,
        IVault vault,
        IAudit audit,
        WriteProbe database,
        IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken
    )
    {
        if (readiness.IsDraining || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return NotReady("draining\n");
        }

        if (!readiness.IsReached || !vault.IsOpen)
        {
            return NotReady();
        }

        try
        {
            // Who cannot record refuses every call. The system's clock, also in tests: a probe's patience is its own.
            await database.AskAsync().WaitAsync(Patience, TimeProvider.System, cancellationToken);
            return audit.IsOut ? NotReady() : Results.Text("ready\n");
        }
        catch (Exception failure) when (failure is StorageUnavailableException or TimeoutException)
        {
            return NotReady();
        }
    }

    [OpenToAll("Public halves of the token-signing keys.")]
    private static async Task<IResult> KeysAsync(IIdentity identity, CancellationToken cancellationToken) =>
        Results.Content(await identity.PublishKeysAsync(cancellationToken), "application/json");

    [OpenToAll("There is nothing here.")]
    private static Task NothingHereAsync(HttpContext http) =>
        ProblemAnswer.WriteAsync(
            http,
            new Problem(
                ProblemKind.NotFound,
                "not_found",
                "There is no such method and path; docs/rest.md lists those there are."
            )
        );

    private static IResult NotReady(string why = "not ready\n") =>
        Results.Text(why, statusCode: StatusCodes.Status503ServiceUnavailable);
}
