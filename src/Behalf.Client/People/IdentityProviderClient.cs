using Behalf.Client.Internal;
using Behalf.Wire.People;
using Grpc.Core;
using Proto = Behalf.Wire.People;

namespace Behalf.Client;

/// <summary>The operator's OpenID Connect provider, at which people of an environment sign in.</summary>
/// <param name="RedirectUri">To register at the provider, exactly.</param>
public sealed record SignInProvider(
    string Issuer,
    string ClientId,
    IReadOnlyList<string> Scopes,
    string IdentifierClaim,
    string? GroupsClaim,
    string RedirectUri
);

public sealed record NewSignInProvider
{
    /// <value>Exactly as its discovery document spells it.</value>
    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    /// <value>Null: a public client.</value>
    public SecretText? ClientSecret { get; init; }

    /// <value>Empty: openid, profile and email.</value>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <value>The claim that becomes the identifier; null: <c>sub</c>.</value>
    public string? IdentifierClaim { get; init; }

    public string? GroupsClaim { get; init; }
}

/// <summary>Where people of the environment sign in besides the local directory.</summary>
public sealed class IdentityProviderClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Proto.People.PeopleClient _people;
    private readonly string _environment;

    internal IdentityProviderClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _people = new Proto.People.PeopleClient(invoker);
        _environment = environment;
    }

    public async Task<SignInProvider> SetAsync(
        NewSignInProvider provider,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(provider);
        var request = new SetIdentityProviderRequest
        {
            Environment = _environment,
            Issuer = provider.Issuer,
            ClientId = provider.ClientId,
            ClientSecret = provider.ClientSecret?.Reveal() ?? "",
            IdentifierClaim = provider.IdentifierClaim ?? "",
            GroupsClaim = provider.GroupsClaim ?? "",
        };
        request.Scopes.AddRange(provider.Scopes);
        return Read(
            await _rpc.CallAsync(options => _people.SetIdentityProviderAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<SignInProvider> GetAsync(CancellationToken cancellationToken = default)
    {
        var request = new GetIdentityProviderRequest { Environment = _environment };
        return Read(
            await _rpc.CallAsync(options => _people.GetIdentityProviderAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        var request = new RemoveIdentityProviderRequest { Environment = _environment };
        return _rpc.CallAsync(options => _people.RemoveIdentityProviderAsync(request, options), cancellationToken);
    }

    private static SignInProvider Read(IdentityProvider provider) =>
        new(
            provider.Issuer,
            provider.ClientId,
            [.. provider.Scopes],
            provider.IdentifierClaim,
            provider.GroupsClaim.Length == 0 ? null : provider.GroupsClaim,
            provider.RedirectUri
        );
}
