using Microsoft.Extensions.Options;

namespace Behalf.Identity;

/// <summary>Issuer and audience of our tokens: per environment, and one of the installation for operators.</summary>
internal sealed class Issuers(PublicUrls urls, IOptions<BehalfOptions> options)
{
    /// <value>The installation's own, for operators.</value>
    public string Installation => options.Value.PublicUrl.TrimEnd('/') + "/operator";

    public string Of(DeploymentEnvironment environment) => urls.Issuer(environment);
}
