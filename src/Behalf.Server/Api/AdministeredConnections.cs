using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Wire.Administration;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>The connections of an environment, as they are administered by name.</summary>
internal sealed class AdministeredConnections(
    IConnections connections,
    IConnectorCatalog connectors,
    AdministeredEnvironment environments,
    PageTokens pages
)
{
    private const int DefaultPageSize = 100;

    public async Task<ConnectionDetails> AddAsync(AddConnectionRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        using Secret? secret = request.ClientSecret.Length == 0 ? null : Secret.FromText(request.ClientSecret);
        ConnectionView view = (
            await connections.AddAsync(
                context.Principal(),
                environment.Id,
                new NewConnection
                {
                    Connector = request.Connector,
                    Name = context.ReadConnection("name", request.Name),
                    ClientId = NullIfEmpty(request.ClientId),
                    ClientSecret = secret,
                    Scopes = request.Scopes.Count == 0 ? null : ScopeSet.Of(request.Scopes),
                    BaseUrl = ReadUrl(context, "base_url", request.BaseUrl),
                    OAuthUrl = ReadUrl(context, "oauth_url", request.OauthUrl),
                    ToolPrefix = NullIfEmpty(request.ToolPrefix),
                    AllowedTools = request.AllowedTools.Count == 0 ? null : [.. request.AllowedTools],
                    Proxy = ProxyModeNames.Read(request.Proxy),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(view);
    }

    public async Task<ListConnectionsResponse> ListAsync(ListConnectionsRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        Page<ConnectionView> page = await connections.ListAsync(
            context.Principal(),
            environment.Id,
            pages.Read(context, request, request.PageToken, SizeOf(request.PageSize)),
            context.CancellationToken
        );
        ListConnectionsResponse response = new()
        {
            TotalSize = (uint)page.TotalSize,
            NextPageToken = pages.After(context, request, page.Next),
        };
        response.Connections.AddRange(page.Items.Select(AdministrationWire.ToWire));
        return response;
    }

    public async Task<ConnectionDetails> GetAsync(GetConnectionRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ConnectionView view = await NamedAsync(context, environment, request.Name);
        ConnectionDetails details = AdministrationWire.ToWire(view);
        Connection connection = view.Connection;
        if (
            await connectors.FindLatestAsync(environment.Id, connection.Connector, context.CancellationToken)
                is { } newest
            && newest.Revision != connection.ConnectorRevision
        )
        {
            details.NewestRevision = newest.Revision;
            details.Waiting.AddRange(
                ConnectorDifference.Of(
                    await connectors.GetAsync(connection.ConnectorRevision, context.CancellationToken),
                    newest
                )
            );
        }

        return details;
    }

    public async Task<ConnectionDetails> UpdateAsync(UpdateConnectionRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        ConnectionView view = await NamedAsync(context, environment, request.Name);
        using Secret? secret = request.HasClientSecret ? Secret.FromText(request.ClientSecret) : null;
        ConnectionView changed = (
            await connections.ChangeAsync(
                context.Principal(),
                environment.Id,
                view.Connection.Id,
                new ConnectionChange
                {
                    Name = context.ReadConnection("new_name", request.NewName),
                    ClientId = request.HasClientId ? request.ClientId : null,
                    ClientSecret = secret,
                    Scopes = request.Scopes.Count == 0 ? null : ScopeSet.Of(request.Scopes),
                    BaseUrl = ReadUrl(context, "base_url", request.BaseUrl),
                    OAuthUrl = ReadUrl(context, "oauth_url", request.OauthUrl),
                    AllowedTools =
                        request.AllowedTools.Count > 0 ? [.. request.AllowedTools]
                        : request.AllTools ? []
                        : null,
                    Enabled = request.HasEnabled ? request.Enabled : null,
                    AcceptsNewest = request.AcceptNewest,
                    Proxy = request.HasProxy ? new ProxyChange(ProxyModeNames.Read(request.Proxy)) : null,
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return AdministrationWire.ToWire(changed);
    }

    public async Task<RemoveConnectionResponse> RemoveAsync(RemoveConnectionRequest request, ServerCallContext context)
    {
        DeploymentEnvironment environment = await environments.ResolveAsync(context, request.Environment);
        (
            await connections.RemoveAsync(
                context.Principal(),
                environment.Id,
                context.RequireConnection("name", request.Name),
                request.Force,
                context.CancellationToken
            )
        ).OrThrow(context);
        return new RemoveConnectionResponse();
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static int SizeOf(uint asked) => asked == 0 ? DefaultPageSize : (int)asked;

    private static Uri? ReadUrl(ServerCallContext context, string field, string text) =>
        text.Length == 0 ? null
        : Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url
        : throw context.Refuse(Problem.Invalid(field, "url", "is not an absolute URL"));

    private async Task<ConnectionView> NamedAsync(
        ServerCallContext context,
        DeploymentEnvironment environment,
        string name
    ) =>
        (
            await connections.FindAsync(
                context.Principal(),
                environment.Id,
                context.RequireConnection("name", name),
                context.CancellationToken
            )
        ).OrThrow(context);
}
