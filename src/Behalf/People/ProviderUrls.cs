using Behalf.Identity;

namespace Behalf.People;

/// <summary>Where the provider sends the browser back to, in an environment; registered at the provider.</summary>
internal sealed class ProviderUrls(IEnvironmentStore environments, PublicUrls urls)
{
    public async Task<string> RedirectUriAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        await environments.FindAsync(environment, cancellationToken) is { } found
            ? urls.SignInCallback(found).AbsoluteUri
            : throw new InvalidOperationException($"The environment {environment} of an identity provider is gone.");
}
