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
        IReadOnlyList<DeploymentEnvironment> environments = await identity.ListEnvironmentsAsync(http.RequestAborted);
        return environments.FirstOrDefault(one =>
                one.PublicUrl is { } url
                && new Uri(url).Authority.Equals(http.Request.Host.Value, StringComparison.OrdinalIgnoreCase)
            ) ?? environments.First(one => one.Slug == AdministeredEnvironment.Default);
    }
}
