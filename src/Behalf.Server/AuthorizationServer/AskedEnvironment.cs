using Behalf.Identity;
using Behalf.Server.Api;

namespace Behalf.Server.AuthorizationServer;

/// <summary>
/// The environment that a request without a credential is for: the one whose public URL was asked, else the first one. The Host chooses among ours; nothing is ever built from it.
/// </summary>
internal sealed class AskedEnvironments(IIdentity identity)
{
    public async Task<DeploymentEnvironment> OfAsync(HttpContext http)
    {
        IReadOnlyList<DeploymentEnvironment> environments = await AllAsync(http);
        return environments.FirstOrDefault(one =>
                one.PublicUrl is { } url
                && new Uri(url).Authority.Equals(http.Request.Host.Value, StringComparison.OrdinalIgnoreCase)
            ) ?? environments.First(one => one.Slug == AdministeredEnvironment.Default);
    }

    /// <summary>All there are, read once for a request however often it asks.</summary>
    public async Task<IReadOnlyList<DeploymentEnvironment>> AllAsync(HttpContext http)
    {
        if (http.Features.Get<Listed>() is not { } listed)
        {
            listed = new Listed(await identity.ListEnvironmentsAsync(http.RequestAborted));
            http.Features.Set(listed);
        }

        return listed.All;
    }

    private sealed record Listed(IReadOnlyList<DeploymentEnvironment> All);
}
