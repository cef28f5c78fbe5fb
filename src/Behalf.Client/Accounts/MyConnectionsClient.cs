using Behalf.Client.Internal;
using Behalf.Wire.ConnectedAccounts;

namespace Behalf.Client;

/// <summary>A connection of the environment, and how the user stands with it.</summary>
/// <param name="Status">Of the user's account, as on the wire; <c>NOT_CONNECTED</c> when there is none.</param>
/// <param name="AccountId">Null when there is none.</param>
public sealed record MyConnection(
    string ConnectionName,
    string Connector,
    bool IsEnabled,
    string Status,
    string? AccountId
);

/// <summary>What a user does with their own accounts, such as on a settings page. Safe to call concurrently.</summary>
public sealed class MyConnectionsClient
{
    private readonly Rpc<UserSession> _rpc;
    private readonly ConnectedAccountService.ConnectedAccountServiceClient _accounts;

    internal MyConnectionsClient(Rpc<UserSession> rpc, ConnectedAccountService.ConnectedAccountServiceClient accounts)
    {
        _rpc = rpc;
        _accounts = accounts;
    }

    public async Task<IReadOnlyList<MyConnection>> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _rpc.CallAsync(
                (_, options) => _accounts.ListMyAppConnectionsAsync(new ListMyAppConnectionsRequest(), options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return
        [
            .. response.Connections.Select(entry => new MyConnection(
                entry.ConnectionName,
                entry.Provider,
                entry.Enabled,
                entry.UserStatus,
                entry.ConnectedAccountId.Length > 0 ? entry.ConnectedAccountId : null
            )),
        ];
    }

    /// <summary>A link at which the user connects, or connects again: single use.</summary>
    public async Task<AuthorizationLink> CreateLinkAsync(
        string connectionName,
        CancellationToken cancellationToken = default
    )
    {
        var request = new GetMyConnectionMagicLinkRequest { ConnectionName = connectionName };
        var response = await _rpc.CallAsync(
                (_, options) => _accounts.GetMyConnectionMagicLinkAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return new AuthorizationLink(new Uri(response.Link), response.Expiry.ToDateTimeOffset());
    }

    /// <summary>Ends the user's own account: nothing starts on it any more, and the provider is told.</summary>
    public async Task DisconnectAsync(string accountId, CancellationToken cancellationToken = default)
    {
        var request = new DisconnectMyConnectedAccountRequest { Id = accountId };
        await _rpc.CallAsync(
                (_, options) => _accounts.DisconnectMyConnectedAccountAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
    }
}
