using Behalf.Identity;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>
/// The environment an administration call is about: a service credential's own; the one an operator names by slug.
/// </summary>
internal sealed class AdministeredEnvironment(IIdentity identity)
{
    /// <value>The slug of the first environment; its trail also holds what is done to the installation.</value>
    public const string Default = "default";

    /// <exception cref="RpcException">Unknown, or not the caller's: the two answer alike.</exception>
    public async Task<DeploymentEnvironment> ResolveAsync(ServerCallContext context, string slug)
    {
        IReadOnlyList<DeploymentEnvironment> all = await identity.ListEnvironmentsAsync(context.CancellationToken);
        EnvironmentId? own = context.Principal().Environment;
        string? wanted =
            slug.Length > 0 ? slug
            : own is null ? Default
            : null;
        return all.FirstOrDefault(environment =>
                (own is null || environment.Id == own) && (wanted is null || environment.Slug == wanted)
            ) ?? throw context.Refuse(Problem.NotFound("environment"));
    }
}
