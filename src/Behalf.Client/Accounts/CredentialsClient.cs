using Behalf.Client.Internal;
using Behalf.Wire.ConnectedAccounts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>
/// Reading credentials back, for the rare caller that cannot do with tools or the proxy. Off unless the operator turned it
/// on for the environment; each reading is recorded.
/// </summary>
public sealed class CredentialsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly ConnectedAccountService.ConnectedAccountServiceClient _accounts;

    internal CredentialsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _accounts = new ConnectedAccountService.ConnectedAccountServiceClient(invoker);
    }

    /// <returns>Null: the environment does not give credentials out, or the account holds none.</returns>
    public async Task<AccountCredential?> ReadAsync(
        string connectionName,
        string identifier,
        CancellationToken cancellationToken = default
    )
    {
        var request = new GetConnectedAccountByIdentifierRequest
        {
            Connector = connectionName,
            Identifier = identifier,
        };
        var response = await _rpc.CallAsync(
                options => _accounts.GetConnectedAccountAuthAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return response.ConnectedAccount.AuthorizationDetails switch
        {
            { OauthToken: { AccessToken.Length: > 0 } token } => new AccountCredential.Tokens(
                token.AccessToken,
                token.RefreshToken.Length > 0 ? new SecretText(token.RefreshToken) : null
            )
            {
                Scopes = [.. token.Scopes],
            },
            { StaticAuth.Details: { Fields.Count: > 0 } details } => new AccountCredential.Fields(
                details
                    .Fields.Where(field => field.Value.KindCase == Value.KindOneofCase.StringValue)
                    .ToDictionary(field => field.Key, field => new SecretText(field.Value.StringValue))
            ),
            _ => null,
        };
    }
}
