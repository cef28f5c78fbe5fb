using Behalf.Connections;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Connections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wired = Behalf.Wire.Connections;

namespace Behalf.Server.Api.Services;

/// <summary><c>scalekit.v1.connections.ConnectionService</c>: connections of the caller's environment.</summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed class ConnectionService(IConnections connections, PageTokens pages)
    : Wired.ConnectionService.ConnectionServiceBase
{
    private const int DefaultPageSize = 30;

    public override async Task<ListAppConnectionsResponse> ListAppConnections(
        ListAppConnectionsRequest request,
        ServerCallContext context
    )
    {
        int size = request.PageSize == 0 ? DefaultPageSize : (int)request.PageSize;
        bool isFiltered = request.Provider.Length > 0 || request.Query.Length > 0;
        ListAppConnectionsResponse response = new();
        if (!isFiltered)
        {
            Page<ConnectionView> page = await connections.ListAsync(
                context.Environment(),
                pages.Read(context, request, request.PageToken, size),
                context.CancellationToken
            );
            response.TotalSize = (uint)page.TotalSize;
            response.NextPageToken = pages.After(context, request, page.Next);
            response.PrevPageToken = pages.Before(context, request, page.Previous);
            response.Connections.AddRange(page.Items.Select(ToListItem));
            return response;
        }

        List<ConnectionView> all = await AllAsync(context);
        List<ConnectionView> matching = [.. all.Where(view => Matches(view, request))];
        int offset = pages.ReadOffset(context, request, request.PageToken);
        response.TotalSize = (uint)matching.Count;
        response.Connections.AddRange(matching.Skip(offset).Take(size).Select(ToListItem));
        int next = offset + response.Connections.Count;
        response.NextPageToken = pages.Offset(context, request, next < matching.Count ? next : null);
        response.PrevPageToken = pages.Offset(context, request, offset > 0 ? Math.Max(0, offset - size) : null);
        return response;
    }

    public override async Task<GetConnectionResponse> GetEnvironmentConnection(
        GetEnvironmentConnectionRequest request,
        ServerCallContext context
    )
    {
        ConnectionView view = await FindAsync(context, request.ConnectionId);
        return new GetConnectionResponse { Connection = ToWire(view) };
    }

    public override async Task<Empty> DeleteEnvironmentConnection(
        DeleteEnvironmentConnectionRequest request,
        ServerCallContext context
    )
    {
        ConnectionView view = await FindAsync(context, request.ConnectionId);
        (
            await connections.RemoveAsync(
                context.Principal(),
                context.Environment(),
                view.Connection.Name,
                force: false,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new Empty();
    }

    private static bool Matches(ConnectionView view, ListAppConnectionsRequest request) =>
        (
            request.Provider.Length == 0
            || view.Connection.Connector.Equals(request.Provider, StringComparison.OrdinalIgnoreCase)
        ) && view.Connection.Name.Value.Contains(request.Query, StringComparison.OrdinalIgnoreCase);

    private static ListConnection ToListItem(ConnectionView view) =>
        new()
        {
            Id = view.Connection.Id.ToString(),
            Provider = ConnectionProvider.Custom,
            Type = TypeOf(view.Connection),
            Status = ConnectionStatus.Completed,
            Enabled = view.Connection.Enabled,
            UiButtonTitle = view.ConnectorName,
            ProviderKey = view.Connection.Connector,
            KeyId = view.Connection.Name.Value,
            CreatedAt = view.Connection.CreatedAt.ToTimestamp(),
        };

    /// <summary>The client secret is never read back, not even masked.</summary>
    private static Wired.Connection ToWire(ConnectionView view)
    {
        Wired.Connection wire = new()
        {
            Id = view.Connection.Id.ToString(),
            Provider = ConnectionProvider.Custom,
            Type = TypeOf(view.Connection),
            Status = ConnectionStatus.Completed,
            Enabled = view.Connection.Enabled,
            UiButtonTitle = view.ConnectorName,
            ConfigurationType = ConfigurationType.Manual,
            CreateTime = view.Connection.CreatedAt.ToTimestamp(),
            KeyId = view.Connection.Name.Value,
            ProviderKey = view.Connection.Connector,
        };
        if (view.Connection.Kind == CredentialKind.OAuth)
        {
            wire.OauthConfig = OAuthOf(view);
        }
        else
        {
            wire.StaticConfig = new StaticAuthConfig();
        }

        return wire;
    }

    private static OAuthConnectionConfig OAuthOf(ConnectionView view)
    {
        OAuthConnectionConfig oauth = new()
        {
            ClientId = view.Connection.ClientId,
            RedirectUri = view.RedirectUri.ToString(),
            PkceEnabled = true,
        };
        oauth.Scopes.AddRange(view.Connection.Scopes.Values);
        return oauth;
    }

    private static ConnectionType TypeOf(Connection connection) =>
        connection.Kind switch
        {
            CredentialKind.OAuth => ConnectionType.Oauth,
            CredentialKind.ApiKey => ConnectionType.ApiKey,
            CredentialKind.Bearer => ConnectionType.Bearer,
            CredentialKind.Basic => ConnectionType.Basic,
            CredentialKind.None => ConnectionType.NoAuth,
            _ => throw new InvalidOperationException($"Unknown kind of credential {connection.Kind}."),
        };

    private async Task<ConnectionView> FindAsync(ServerCallContext context, string text) =>
        EntityId.TryParse(text, out ConnectionId id)
            ? (await connections.FindAsync(context.Environment(), id, context.CancellationToken)).OrThrow(context)
            : throw context.Refuse(Problem.NotFound("connection"));

    private async Task<List<ConnectionView>> AllAsync(ServerCallContext context)
    {
        List<ConnectionView> all = [];
        PageRequest next = new(100);
        while (true)
        {
            Page<ConnectionView> page = await connections.ListAsync(
                context.Environment(),
                next,
                context.CancellationToken
            );
            all.AddRange(page.Items);
            if (page.Next is not { } after)
            {
                return all;
            }

            next = new PageRequest(100, After: after);
        }
    }
}
