using Behalf.Client.Internal;
using Behalf.Wire.ConnectedAccounts;
using Grpc.Core;
using Proto = Behalf.Wire.ConnectedAccounts;

namespace Behalf.Client;

internal static class AccountReading
{
    private const string ReasonHeader = "behalf-account-reason";

    public static ConnectedAccount Read(Proto.ConnectedAccount account, Metadata headers) =>
        Read(account) with
        {
            Reason = headers.GetValue(ReasonHeader),
        };

    public static ConnectedAccount Read(Proto.ConnectedAccount account) =>
        new(
            account.Id,
            account.Identifier,
            account.Connector,
            account.ConnectionId,
            account.Provider,
            Name(account.Status),
            [.. account.AuthorizationDetails?.OauthToken?.Scopes ?? []],
            Instant.Read(account.TokenExpiresAt),
            Instant.Read(account.LastUsedAt),
            Instant.Read(account.UpdatedAt)
        );

    public static ConnectedAccount Read(ConnectedAccountForList account) =>
        new(
            account.Id,
            account.Identifier,
            account.Connector,
            account.ConnectionId,
            account.Provider,
            Name(account.Status),
            [],
            Instant.Read(account.TokenExpiresAt),
            Instant.Read(account.LastUsedAt),
            Instant.Read(account.UpdatedAt)
        );

    private static string Name(ConnectorStatus status) =>
        status switch
        {
            ConnectorStatus.Active => "ACTIVE",
            ConnectorStatus.Expired => "EXPIRED",
            ConnectorStatus.PendingAuth => "PENDING_AUTH",
            ConnectorStatus.PendingVerification => "PENDING_VERIFICATION",
            ConnectorStatus.Disconnected => "DISCONNECTED",
            _ => "UNKNOWN",
        };
}
