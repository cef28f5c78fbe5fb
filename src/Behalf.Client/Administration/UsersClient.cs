using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;

namespace Behalf.Client;

public sealed record RevokedAccount(string Id, string ConnectionName, string Identifier);

/// <summary>Whole users, across their accounts.</summary>
public sealed class UsersClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;
    private readonly string _environment;

    internal UsersClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
        _environment = environment;
    }

    /// <summary>Stops and revokes every connected account of the user and ends the user's tokens.</summary>
    public async Task<IReadOnlyList<RevokedAccount>> RevokeAsync(
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        var request = new RevokeUserRequest { Environment = _environment, Identifier = identifier };
        var response = await _rpc.CallAsync(
                options => _administration.RevokeUserAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Accounts.Select(Read)];
    }

    /// <summary>
    /// Removes the user: as <see cref="RevokeAsync"/>, and the accounts and the user are deleted. Whoever comes later under
    /// this identifier is somebody new and inherits nothing.
    /// </summary>
    /// <returns>The accounts that were connected.</returns>
    public async Task<IReadOnlyList<RevokedAccount>> RemoveAsync(
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        var request = new RemoveUserRequest { Environment = _environment, Identifier = identifier };
        var response = await _rpc.CallAsync(
                options => _administration.RemoveUserAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Accounts.Select(Read)];
    }

    /// <summary>Ends the user's tokens at the next call; accounts stay connected.</summary>
    public Task SignOutAsync(string identifier, CancellationToken cancellationToken = default)
    {
        var request = new SignOutUserRequest { Environment = _environment, Identifier = identifier };
        return _rpc.CallAsync(options => _administration.SignOutUserAsync(request, options), cancellationToken);
    }

    internal static RevokedAccount Read(Behalf.Wire.Administration.RevokedAccount account) =>
        new(account.Id, account.Connection, account.Identifier);
}
