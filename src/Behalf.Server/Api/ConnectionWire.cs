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
            Type = ConnectionType.Oauth,
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
        return new Wired.Connection
        {
            Id = connection.Id.ToString(),
            Provider = ConnectionProvider.Custom,
            Type = ConnectionType.Oauth,
            Status = StatusOf(connection),
            Enabled = connection.Enabled,
            UiButtonTitle = view.ConnectorName,
            ConfigurationType = ConfigurationType.Manual,
            CreateTime = connection.CreatedAt.ToTimestamp(),
            KeyId = connection.Name.Value,
            ProviderKey = connection.Connector,
            OauthConfig = oauth,
        };
    }

    public static string Below(Uri origin, string path) =>
        $"{origin.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path.TrimStart('/')}";

    private static ConnectionStatus StatusOf(Connection connection) =>
        connection.ClientId is null ? ConnectionStatus.Draft : ConnectionStatus.Completed;
}
