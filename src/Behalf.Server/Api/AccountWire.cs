using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wired = Behalf.Wire.ConnectedAccounts;

namespace Behalf.Server.Api;

/// <summary>Connected accounts as the wire has them; tokens only where they are handed in to be read back.</summary>
internal static class AccountWire
{
    /// <value>Beside the state, where the contract has no field for it.</value>
    public const string ReasonHeader = "behalf-account-reason";

    public static Wired.ConnectedAccount ToWire(ConnectedAccount account)
    {
        return new Wired.ConnectedAccount
        {
            Id = account.Id.ToString(),
            Identifier = account.Identifier.Value,
            Provider = account.Connector,
            Status = StatusOf(account),
            AuthorizationType = TypeOf(account),
            AuthorizationDetails = DetailsOf(account),
            TokenExpiresAt = ToTimestamp(account.AccessExpiresAt),
            UpdatedAt = ToTimestamp(account.UpdatedAt),
            Connector = account.ConnectionName.Value,
            ConnectionId = account.Connection.ToString(),
            LastUsedAt = ToTimestamp(account.LastUsedAt),
            ApiConfig = StructJson.ParseOrNull(account.ApiConfig),
        };
    }

    public static Wired.ConnectedAccountForList ToListItem(ConnectedAccount account) =>
        new()
        {
            Id = account.Id.ToString(),
            Identifier = account.Identifier.Value,
            Provider = account.Connector,
            Status = StatusOf(account),
            AuthorizationType = TypeOf(account),
            TokenExpiresAt = ToTimestamp(account.AccessExpiresAt),
            UpdatedAt = ToTimestamp(account.UpdatedAt),
            Connector = account.ConnectionName.Value,
            ConnectionId = account.Connection.ToString(),
            LastUsedAt = ToTimestamp(account.LastUsedAt),
        };

    public static Wired.ConnectedAccount ToWire(ConnectedAccount account, ReadBackTokens tokens)
    {
        Wired.ConnectedAccount wire = ToWire(account);
        if (tokens.AccessToken is { } access)
        {
            wire.AuthorizationDetails.OauthToken.AccessToken = access.RevealText();
            wire.AuthorizationDetails.OauthToken.RefreshToken = tokens.RefreshToken?.RevealText() ?? string.Empty;
            wire.TokenExpiresAt = ToTimestamp(tokens.AccessExpiresAt);
        }
        else if (tokens.Fields.Count > 0)
        {
            wire.AuthorizationDetails.StaticAuth.Details = new Struct();
            foreach ((string name, Secret value) in tokens.Fields)
            {
                wire.AuthorizationDetails.StaticAuth.Details.Fields[name] = Value.ForString(value.RevealText());
            }
        }

        return wire;
    }

    /// <summary>The status as the contract spells it, where a field holds text.</summary>
    public static string SpellStatus(ConnectedAccount account) =>
        Wired
            .ConnectedAccountsReflection.Descriptor.EnumTypes.Single(type => type.Name == nameof(Wired.ConnectorStatus))
            .FindValueByNumber((int)StatusOf(account))
            .Name;

    /// <summary>Says why an account is in its state.</summary>
    public static void AddReason(ServerCallContext context, ConnectedAccount account)
    {
        HttpResponse response = context.GetHttpContext().Response;
        if (account.Reason is { } reason && !response.HasStarted)
        {
            response.Headers[ReasonHeader] = reason;
        }
    }

    /// <summary>What is granted; of a credential that was typed in, nothing but that there is one.</summary>
    private static Wired.AuthorizationDetails DetailsOf(ConnectedAccount account)
    {
        if (account.Kind != CredentialKind.OAuth)
        {
            return new Wired.AuthorizationDetails { StaticAuth = new Wired.StaticAuth() };
        }

        Wired.OauthToken token = new();
        token.Scopes.AddRange(account.GrantedScopes.Values);
        return new Wired.AuthorizationDetails { OauthToken = token };
    }

    private static Wired.ConnectorType TypeOf(ConnectedAccount account) =>
        account.Kind switch
        {
            CredentialKind.OAuth => Wired.ConnectorType.Oauth,
            CredentialKind.ApiKey => Wired.ConnectorType.ApiKey,
            CredentialKind.ClientCredentials => Wired.ConnectorType.OauthM2M,
            CredentialKind.Bearer => Wired.ConnectorType.BearerToken,
            CredentialKind.Basic => Wired.ConnectorType.Basic,
            CredentialKind.None => Wired.ConnectorType.Custom, // NO_AUTH is a number that some SDKs cannot read
            _ => throw new InvalidOperationException($"Unknown kind of credential {account.Kind}."),
        };

    private static Wired.ConnectorStatus StatusOf(ConnectedAccount account) =>
        account.State switch
        {
            AccountState.Active => Wired.ConnectorStatus.Active,
            AccountState.Expired => Wired.ConnectorStatus.Expired,
            AccountState.PendingAuth => Wired.ConnectorStatus.PendingAuth,
            AccountState.PendingVerification => Wired.ConnectorStatus.PendingVerification,
            AccountState.Disconnected => Wired.ConnectorStatus.Disconnected,
            _ => throw new InvalidOperationException($"Unknown account state {account.State}."),
        };

    private static Timestamp? ToTimestamp(DateTimeOffset? at) => at is { } value ? value.ToTimestamp() : null;
}
