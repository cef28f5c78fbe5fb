using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Wire.Connections;
using Google.Protobuf.WellKnownTypes;
using Connection = Behalf.Connections.Connection;
using Wired = Behalf.Wire.Connections;

namespace Behalf.Server.Api;

/// <summary>Connections as the contract has them. Only enum values that every official SDK knows.</summary>
internal static class ConnectionWire
{
    /// <value>Stands for a client secret that is stored; sent back, it leaves that one as it is.</value>
    public const string MaskedSecret = "********";

    public static ListConnection ToListItem(ConnectionView view) =>
        new()
        {
            Id = view.Connection.Id.ToString(),
            Provider = ConnectionProvider.Custom,
            Type = TypeOf(view.Connection),
            Status = StatusOf(view.Connection),
            Enabled = view.Connection.Enabled,
            UiButtonTitle = view.ConnectorName,
            ProviderKey = view.Connection.Connector,
            KeyId = view.Connection.Name.Value,
            CreatedAt = view.Connection.CreatedAt.ToTimestamp(),
        };

    public static Wired.Connection ToWire(ConnectionView view, OAuthProfile profile)
    {
        Connection connection = view.Connection;
        Wired.Connection wire = new()
        {
            Id = connection.Id.ToString(),
            Provider = ConnectionProvider.Custom,
            Type = TypeOf(connection),
            Status = StatusOf(connection),
            Enabled = connection.Enabled,
            UiButtonTitle = view.ConnectorName,
            ConfigurationType = ConfigurationType.Manual,
            CreateTime = connection.CreatedAt.ToTimestamp(),
            KeyId = connection.Name.Value,
            ProviderKey = connection.Connector,
        };
        if (connection.Kind == CredentialKind.OAuth)
        {
            wire.OauthConfig = OAuthOf(view, profile);
        }
        else
        {
            wire.StaticConfig = new StaticAuthConfig();
        }

        return wire;
    }

    public static string Below(Uri origin, string path) =>
        $"{origin.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path.TrimStart('/')}";

    private static OAuthConnectionConfig OAuthOf(ConnectionView view, OAuthProfile profile)
    {
        Connection connection = view.Connection;
        OAuthConnectionConfig oauth = new()
        {
            AuthorizeUri = Below(connection.OAuthUrl, profile.AuthorizePath),
            TokenUri = Below(connection.OAuthUrl, profile.TokenPath),
            ClientId = connection.ClientId,
            ClientSecret = connection.ClientSecretSealed is null ? null : MaskedSecret,
            RedirectUri = view.RedirectUri.ToString(),
            PkceEnabled = profile.Pkce,
        };
        oauth.Scopes.AddRange(connection.Scopes.Values);
        return oauth;
    }

    private static ConnectionType TypeOf(Connection connection) =>
        connection.Kind switch
        {
            CredentialKind.OAuth => ConnectionType.Oauth,
            CredentialKind.ApiKey => ConnectionType.ApiKey,
            CredentialKind.ClientCredentials => ConnectionType.OauthM2M,
            CredentialKind.Bearer => ConnectionType.Bearer,
            CredentialKind.Basic => ConnectionType.Basic,
            CredentialKind.None => ConnectionType.NoAuth,
            _ => throw new InvalidOperationException($"Unknown kind of credential {connection.Kind}."),
        };

    private static ConnectionStatus StatusOf(Connection connection) =>
        connection.Kind == CredentialKind.OAuth && connection.ClientId is null
            ? ConnectionStatus.Draft
            : ConnectionStatus.Completed;
}
