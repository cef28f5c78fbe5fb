using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.Server.Api;

/// <summary>Health and the key set: they reveal no names and no environments.</summary>
internal static class PublicEndpoints
{
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
        IIdentity identity,
        IHostApplicationLifetime lifetime,
        CancellationToken cancellationToken
    )
    {
        if (!readiness.IsReached || !vault.IsOpen || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return NotReady();
        }

        try
        {
            // A read proves the database; it holds an environment since the first start.
            IReadOnlyList<DeploymentEnvironment> environments = await identity.ListEnvironmentsAsync(cancellationToken);
            return environments.Count > 0 ? Results.Text("ready\n") : NotReady();
        }
        catch (StorageUnavailableException)
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

    private static IResult NotReady() =>
        Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
