using Behalf.Egress;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.People;

/// <summary>The identity provider of an environment, set and removed.</summary>
internal sealed class ProviderSettings(IIdentityProviderStore providers, IEgressOrigins origins, IVault vault)
{
    private const int MaxText = 2048;
    private static readonly ScopeSet DefaultScopes = ScopeSet.Parse("openid profile email");

    public async Task<Result<IdentityProvider>> SetAsync(
        Principal principal,
        EnvironmentId environment,
        NewIdentityProvider wanted,
        CancellationToken cancellationToken
    )
    {
        if (Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        if (
            !Uri.TryCreate(wanted.Issuer, UriKind.Absolute, out Uri? issuer)
            || issuer.Query.Length > 0
            || issuer.Fragment.Length > 0
            || wanted.Issuer.Length > MaxText
        )
        {
            return Problem.Invalid("issuer", "url", "is an https URL without query and fragment");
        }

        if (origins.ProblemWith(issuer) is { } fault)
        {
            return Problem.Invalid("issuer", "origin", fault);
        }

        if (wanted.ClientId.Length is 0 or > MaxText)
        {
            return Problem.Invalid("client_id", "required", "is missing");
        }

        IdentityProvider provider = new()
        {
            Environment = environment,
            Issuer = wanted.Issuer,
            ClientId = wanted.ClientId,
            ClientSecretSealed = wanted.ClientSecret is { } secret
                ? vault.Seal(PersonSeals.ClientSecret(environment), secret)
                : null,
            Scopes = wanted.Scopes.Count == 0 ? DefaultScopes : wanted.Scopes.Union(ScopeSet.Parse("openid")),
            IdentifierClaim = wanted.IdentifierClaim.Length == 0 ? "sub" : wanted.IdentifierClaim,
            GroupsClaim = wanted.GroupsClaim,
        };
        Traces traces = Managed.Record(
            environment,
            "identity_provider.set",
            principal,
            null,
            $"{provider.Issuer} {provider.ClientId} identifier={provider.IdentifierClaim}"
        );
        await providers.SetAsync(provider, traces, cancellationToken);
        return provider;
    }

    public async Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        CancellationToken cancellationToken
    )
    {
        if (Managed.Refuse(principal, environment) is { } problem)
        {
            return problem;
        }

        Traces traces = Managed.Record(environment, "identity_provider.removed", principal, null);
        return await providers.RemoveAsync(environment, traces, cancellationToken)
            ? Done.Value
            : Problem.NotFound("identity provider");
    }
}
