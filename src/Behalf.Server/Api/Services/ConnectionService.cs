using System.Text.Json.Nodes;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Server.Doors;
using Behalf.Wire.Connections;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Wired = Behalf.Wire.Connections;

namespace Behalf.Server.Api.Services;

/// <summary><c>scalekit.v1.connections.ConnectionService</c>: connections of the caller's environment, within its limits.</summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed class ConnectionService(IConnections connections, IConnectorCatalog connectors, PageTokens pages)
    : Wired.ConnectionService.ConnectionServiceBase
{
    private const int DefaultPageSize = 30;

    /// <summary>Without an OAuth client, which the contract has no field for here: it follows by an update.</summary>
    public override async Task<CreateConnectionResponse> CreateEnvironmentConnection(
        CreateEnvironmentConnectionRequest request,
        ServerCallContext context
    )
    {
        CreateConnection wanted = request.Connection;
        List<FieldViolation> faults = [];
        if (request.Flags is { IsLogin: true })
        {
            faults.Add(new("flags.is_login", "cannot be had: connections here are an agent's", "not_supported"));
        }

        if (wanted.Type is not (ConnectionType.Invalid or ConnectionType.Oauth))
        {
            faults.Add(new("connection.type", "is OAUTH: every connector here takes OAuth", "not_supported"));
        }

        if (wanted.ProviderKey.Length == 0)
        {
            faults.Add(new("connection.provider_key", "is required: a connector's slug", "required"));
        }

        if (faults.Count > 0)
        {
            throw context.Refuse(Problem.Invalid(faults));
        }

        ConnectionView view = (
            await connections.AddAsync(
                context.Principal(),
                context.Environment(),
                new NewConnection
                {
                    Connector = wanted.ProviderKey.ToLowerInvariant(),
                    Name = context.ReadConnection("connection.key_id", wanted.KeyId),
                    WithoutClient = true,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return new CreateConnectionResponse { Connection = await ToWireAsync(view, context) };
    }

    public override async Task<GetConnectionResponse> GetEnvironmentConnection(
        GetEnvironmentConnectionRequest request,
        ServerCallContext context
    ) => new() { Connection = await ToWireAsync(await FindAsync(context, request.ConnectionId), context) };

    public override async Task<UpdateConnectionResponse> UpdateEnvironmentConnection(
        UpdateEnvironmentConnectionRequest request,
        ServerCallContext context
    )
    {
        ConnectionView view = await FindAsync(context, request.ConnectionId);
        ConnectorDefinition definition = await connectors.GetAsync(
            view.Connection.ConnectorRevision,
            context.CancellationToken
        );
        ConnectionChange change = new ConnectionChanges(view, definition.OAuth).Read(context, request.Connection);
        using Secret? secret = change.ClientSecret;
        ConnectionView changed = await ChangeAsync(context, view, change);
        return new UpdateConnectionResponse { Connection = ConnectionWire.ToWire(changed, definition.OAuth) };
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

    public override Task<ToggleConnectionResponse> EnableEnvironmentConnection(
        ToggleEnvironmentConnectionRequest request,
        ServerCallContext context
    ) => ToggleAsync(context, request.ConnectionId, enabled: true);

    /// <summary>From the answer on no call starts on it, and none that runs writes on.</summary>
    public override Task<ToggleConnectionResponse> DisableEnvironmentConnection(
        ToggleEnvironmentConnectionRequest request,
        ServerCallContext context
    ) => ToggleAsync(context, request.ConnectionId, enabled: false);

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
                context.Principal(),
                context.Environment(),
                pages.Read(context, request, request.PageToken, size),
                context.CancellationToken
            );
            response.TotalSize = (uint)page.TotalSize;
            response.NextPageToken = pages.After(context, request, page.Next);
            response.PrevPageToken = pages.Before(context, request, page.Previous);
            response.Connections.AddRange(page.Items.Select(ConnectionWire.ToListItem));
            return response;
        }

        List<ConnectionView> all = await AllAsync(context);
        List<ConnectionView> matching = [.. all.Where(view => Matches(view, request))];
        int offset = pages.ReadOffset(context, request, request.PageToken);
        response.TotalSize = (uint)matching.Count;
        response.Connections.AddRange(matching.Skip(offset).Take(size).Select(ConnectionWire.ToListItem));
        int next = offset + response.Connections.Count;
        response.NextPageToken = pages.Offset(context, request, next < matching.Count ? next : null);
        response.PrevPageToken = pages.Offset(context, request, offset > 0 ? Math.Max(0, offset - size) : null);
        return response;
    }

    public override async Task<GetConnectionContextResponse> GetConnectionContext(
        GetConnectionContextRequest request,
        ServerCallContext context
    )
    {
        string json = (
            await connections.ReadContextAsync(
                context.Principal(),
                context.Environment(),
                ReadId(context, request.ConnectionId),
                request.OrganizationId,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new GetConnectionContextResponse { Context = StructJson.ToStruct((JsonObject)JsonNode.Parse(json)!) };
    }

    /// <summary>Replaces the whole of it, for one organization or for all.</summary>
    public override async Task<Empty> UpdateConnectionContext(
        UpdateConnectionContextRequest request,
        ServerCallContext context
    )
    {
        (
            await connections.WriteContextAsync(
                context.Principal(),
                context.Environment(),
                ReadId(context, request.ConnectionId),
                request.OrganizationId,
                StructJson.ToElement(request.Context, "context").OrThrow(context).GetRawText(),
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

    private static ConnectionId ReadId(ServerCallContext context, string text) =>
        EntityId.TryParse(text, out ConnectionId id) ? id : throw context.Refuse(Problem.NotFound("connection"));

    private async Task<ConnectionView> FindAsync(ServerCallContext context, string text) =>
        (
            await connections.FindAsync(
                context.Principal(),
                context.Environment(),
                ReadId(context, text),
                context.CancellationToken
            )
        ).OrThrow(context);

    private async Task<ConnectionView> ChangeAsync(
        ServerCallContext context,
        ConnectionView view,
        ConnectionChange change
    ) =>
        (
            await connections.ChangeAsync(
                context.Principal(),
                context.Environment(),
                view.Connection.Id,
                change,
                context.CancellationToken
            )
        ).OrThrow(context);

    private async Task<ToggleConnectionResponse> ToggleAsync(ServerCallContext context, string id, bool enabled)
    {
        ConnectionView view = await FindAsync(context, id);
        ConnectionView changed = await ChangeAsync(context, view, new ConnectionChange { Enabled = enabled });
        return new ToggleConnectionResponse { Enabled = changed.Connection.Enabled };
    }

    private async Task<Wired.Connection> ToWireAsync(ConnectionView view, ServerCallContext context)
    {
        ConnectorDefinition definition = await connectors.GetAsync(
            view.Connection.ConnectorRevision,
            context.CancellationToken
        );
        return ConnectionWire.ToWire(view, definition.OAuth);
    }

    private async Task<List<ConnectionView>> AllAsync(ServerCallContext context)
    {
        List<ConnectionView> all = [];
        PageRequest next = new(100);
        while (true)
        {
            Page<ConnectionView> page = await connections.ListAsync(
                context.Principal(),
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
