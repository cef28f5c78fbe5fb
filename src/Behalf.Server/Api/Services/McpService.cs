using Behalf.Identity;
using Behalf.Mcp;
using Behalf.Server.Doors;
using Behalf.Wire.Mcp;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Config = Behalf.Mcp.McpConfig;
using Instance = Behalf.Mcp.McpInstance;

namespace Behalf.Server.Api.Services;

/// <summary>
/// <c>scalekit.v1.mcp.McpService</c>: configs, instances, who is connected, session tokens. The servers themselves are
/// another door.
/// </summary>
[Accepts(PrincipalKind.ServiceClient)]
internal sealed class McpService(IMcpServers servers, RequestSubjects subjects, PageTokens pages)
    : Wire.Mcp.McpService.McpServiceBase
{
    private const int MaxPageSize = 30;
    private const int MostListed = 1_000;

    public override async Task<CreateMcpConfigResponse> CreateMcpConfig(
        CreateMcpConfigRequest request,
        ServerCallContext context
    )
    {
        Config config = (
            await servers.CreateConfigAsync(
                context.Principal(),
                new NewMcpConfig
                {
                    Name = request.Config.Name,
                    Description = request.Config.Description,
                    Mappings = McpRequests.Mappings(request.Config.ConnectionToolMappings),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return new CreateMcpConfigResponse { Config = await ToWireAsync(config, context) };
    }

    public override async Task<GetMcpConfigResponse> GetMcpConfig(
        GetMcpConfigRequest request,
        ServerCallContext context
    ) => new() { Config = await ToWireAsync(await NamedConfigAsync(request.ConfigId, context), context) };

    public override async Task<UpdateMcpConfigResponse> UpdateMcpConfig(
        UpdateMcpConfigRequest request,
        ServerCallContext context
    )
    {
        Config config = await NamedConfigAsync(request.ConfigId, context);
        Config updated = (
            await servers.UpdateConfigAsync(
                context.Principal(),
                config.Id,
                request.Description,
                McpRequests.Mappings(request.ConnectionToolMappings),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new UpdateMcpConfigResponse { Config = await ToWireAsync(updated, context) };
    }

    public override async Task<DeleteMcpConfigResponse> DeleteMcpConfig(
        DeleteMcpConfigRequest request,
        ServerCallContext context
    )
    {
        Config config = await NamedConfigAsync(request.ConfigId, context);
        (await servers.RemoveConfigAsync(context.Principal(), config.Id, context.CancellationToken)).OrThrow(context);
        return new DeleteMcpConfigResponse();
    }

    public override async Task<ListMcpConfigsResponse> ListMcpConfigs(
        ListMcpConfigsRequest request,
        ServerCallContext context
    )
    {
        ListMcpConfigsRequest.Types.Filter filter = request.Filter ?? new ListMcpConfigsRequest.Types.Filter();
        ListMcpConfigsResponse response = new();
        Guid? server = NullIfEmpty(filter.McpServerUrl) is { } url ? McpRequests.ServerOf(url) : null;
        McpConfigId? id = EntityId.TryParse(filter.Id, out McpConfigId parsed) ? parsed : null;
        if ((filter.Id.Length > 0 && id is null) || (filter.McpServerUrl.Length > 0 && server is null))
        {
            return response; // nothing has such an id or URL
        }

        Page<Config> page = (
            await servers.ListConfigsAsync(
                context.Principal(),
                new McpConfigFilter
                {
                    Environment = context.Environment(),
                    Id = id,
                    Name = NullIfEmpty(filter.Name),
                    Connector = NullIfEmpty(filter.Provider)?.ToLowerInvariant(),
                    Server = server,
                    NamePrefix = NullIfEmpty(request.Search),
                },
                pages.Read(context, request, request.PageToken, SizeOf(request.PageSize)),
                context.CancellationToken
            )
        ).OrThrow(context);
        foreach (Config config in page.Items)
        {
            response.Configs.Add(await ToWireAsync(config, context));
        }

        response.TotalSize = (uint)page.TotalSize;
        response.NextPageToken = pages.After(context, request, page.Next);
        response.PrevPageToken = pages.Before(context, request, page.Previous);
        return response;
    }

    public override async Task<EnsureMcpInstanceResponse> EnsureMcpInstance(
        EnsureMcpInstanceRequest request,
        ServerCallContext context
    )
    {
        Instance instance = (
            await servers.EnsureInstanceAsync(
                context.Principal(),
                request.ConfigName,
                McpRequests.User(context, "user_identifier", request.UserIdentifier),
                NullIfEmpty(request.Name),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new EnsureMcpInstanceResponse { Instance = await ToWireAsync(instance, context) };
    }

    public override async Task<GetMcpInstanceResponse> GetMcpInstance(
        GetMcpInstanceRequest request,
        ServerCallContext context
    ) => new() { Instance = await ToWireAsync(await FindInstanceAsync(request.InstanceId, context), context) };

    public override async Task<ListMcpInstancesResponse> ListMcpInstances(
        ListMcpInstancesRequest request,
        ServerCallContext context
    )
    {
        ListMcpInstancesRequest.Types.Filter filter = request.Filter ?? new ListMcpInstancesRequest.Types.Filter();
        ListMcpInstancesResponse response = new();
        McpInstanceId? id = EntityId.TryParse(filter.Id, out McpInstanceId parsed) ? parsed : null;
        if (filter.Id.Length > 0 && id is null)
        {
            return response; // nothing has such an id
        }

        Page<Instance> page = (
            await servers.ListInstancesAsync(
                context.Principal(),
                new McpInstanceFilter
                {
                    Environment = context.Environment(),
                    Id = id,
                    Name = NullIfEmpty(filter.Name),
                    ConfigName = NullIfEmpty(filter.ConfigName),
                    Identifier =
                        filter.UserIdentifier.Length == 0
                            ? null
                            : McpRequests.User(context, "filter.user_identifier", filter.UserIdentifier),
                    NamePrefix = NullIfEmpty(request.Search),
                },
                pages.Read(context, request, request.PageToken, SizeOf(request.PageSize)),
                context.CancellationToken
            )
        ).OrThrow(context);
        foreach (Instance instance in page.Items)
        {
            response.Instances.Add(await ToWireAsync(instance, context));
        }

        response.TotalSize = (uint)page.TotalSize;
        response.NextPageToken = pages.After(context, request, page.Next);
        response.PrevPageToken = pages.Before(context, request, page.Previous);
        return response;
    }

    public override async Task<UpdateMcpInstanceResponse> UpdateMcpInstance(
        UpdateMcpInstanceRequest request,
        ServerCallContext context
    )
    {
        Instance instance = (
            await servers.UpdateInstanceAsync(
                context.Principal(),
                McpRequests.InstanceId(context, request.InstanceId),
                NullIfEmpty(request.Name),
                NullIfEmpty(request.ConfigName),
                context.CancellationToken
            )
        ).OrThrow(context);
        return new UpdateMcpInstanceResponse { Instance = await ToWireAsync(instance, context) };
    }

    public override async Task<DeleteMcpInstanceResponse> DeleteMcpInstance(
        DeleteMcpInstanceRequest request,
        ServerCallContext context
    )
    {
        McpInstanceId id = McpRequests.InstanceId(context, request.InstanceId);
        (await servers.RemoveInstanceAsync(context.Principal(), id, context.CancellationToken)).OrThrow(context);
        return new DeleteMcpInstanceResponse();
    }

    public override async Task<GetMcpInstanceAuthStateResponse> GetMcpInstanceAuthState(
        GetMcpInstanceAuthStateRequest request,
        ServerCallContext context
    )
    {
        Instance instance = await FindInstanceAsync(request.InstanceId, context);
        GetMcpInstanceAuthStateResponse response = new();
        response.Connections.AddRange(
            (await StateAsync(instance.Identifier, instance.Config, request.IncludeAuthLinks, context)).Select(
                McpWire.ToInstanceState
            )
        );
        return response;
    }

    public override async Task<ListMcpConnectedAccountsResponse> ListMcpConnectedAccounts(
        ListMcpConnectedAccountsRequest request,
        ServerCallContext context
    )
    {
        Config config = await NamedConfigAsync(request.ConfigId, context);
        Identifier identifier = Identifier.Parse(request.Identifier);
        ListMcpConnectedAccountsResponse response = new();
        response.ConnectedAccounts.AddRange(
            (await StateAsync(identifier, config, request.IncludeAuthLink, context)).Select(McpWire.ToState)
        );
        return response;
    }

    public override async Task<CreateMcpSessionTokenResponse> CreateMcpSessionToken(
        CreateMcpSessionTokenRequest request,
        ServerCallContext context
    )
    {
        McpAccess access = McpRequests.Access(context, request);
        TimeSpan lifetime = McpRequests.Lifetime(context, request.Expiry);
        IssuedToken issued = McpRequests.TokenConnection(context, request.McpConfigId) is { } connection
            ? (
                await servers.CreateTokenAsync(
                    await subjects.ResolveAsync(context, request.Identifier),
                    connection,
                    access,
                    lifetime,
                    context.CancellationToken
                )
            ).OrThrow(context)
            : await ConfigTokenAsync(request, access, lifetime, context);
        context.GetHttpContext().Response.Headers.CacheControl = "no-store";
        using Secret token = issued.AccessToken;
        return new CreateMcpSessionTokenResponse
        {
            Token = token.RevealText(),
            ExpiresAt = issued.ExpiresAt.ToTimestamp(),
        };
    }

    private async Task<IssuedToken> ConfigTokenAsync(
        CreateMcpSessionTokenRequest request,
        McpAccess access,
        TimeSpan lifetime,
        ServerCallContext context
    )
    {
        Config config = await NamedConfigAsync(request.McpConfigId, context);
        return (
            await servers.CreateTokenAsync(
                await subjects.ResolveAsync(context, request.Identifier),
                config.Id,
                access,
                lifetime,
                context.CancellationToken
            )
        ).OrThrow(context);
    }

    public override async Task<CreateMcpResponse> CreateMcp(CreateMcpRequest request, ServerCallContext context)
    {
        Config server = (
            await servers.CreateConfigAsync(
                context.Principal(),
                new NewMcpConfig
                {
                    Identifier = McpRequests.User(
                        context,
                        "mcp.connected_account_identifier",
                        request.Mcp.ConnectedAccountIdentifier
                    ),
                    Mappings = McpRequests.Mappings(request.Mcp.ToolMappings),
                },
                context.CancellationToken
            )
        ).OrThrow(context);
        return new CreateMcpResponse { Mcp = await ToUserWireAsync(server, context) };
    }

    public override async Task<GetMcpResponse> GetMcp(GetMcpRequest request, ServerCallContext context) =>
        new() { Mcp = await ToUserWireAsync(await UsersServerAsync(request.McpId, context), context) };

    /// <summary>No server has a link token: a filter by one finds nothing.</summary>
    public override async Task<ListMcpResponse> ListMcp(ListMcpRequest request, ServerCallContext context)
    {
        ListMcpResponse response = new();
        if (request.Filter is { LinkToken.Length: > 0 })
        {
            return response;
        }

        string user = request.Filter?.ConnectedAccountIdentifier ?? string.Empty;
        Page<Config> page = (
            await servers.ListConfigsAsync(
                context.Principal(),
                new McpConfigFilter
                {
                    Environment = context.Environment(),
                    OfOneUser = true,
                    Identifier =
                        user.Length == 0
                            ? null
                            : McpRequests.User(context, "filter.connected_account_identifier", user),
                },
                new PageRequest(MostListed),
                context.CancellationToken
            )
        ).OrThrow(context);
        foreach (Config server in page.Items)
        {
            response.Mcps.Add(await ToUserWireAsync(server, context));
        }

        return response;
    }

    public override async Task<DeleteMcpResponse> DeleteMcp(DeleteMcpRequest request, ServerCallContext context)
    {
        Config server = await UsersServerAsync(request.McpId, context);
        (await servers.RemoveConfigAsync(context.Principal(), server.Id, context.CancellationToken)).OrThrow(context);
        return new DeleteMcpResponse();
    }

    private static int SizeOf(uint asked) => asked == 0 ? MaxPageSize : (int)asked;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private async Task<Config> NamedConfigAsync(string id, ServerCallContext context)
    {
        Config config = await FindConfigAsync(id, context);
        return config.Identifier is null ? config : throw context.Refuse(Problem.NotFound("MCP config"));
    }

    private async Task<Config> UsersServerAsync(string id, ServerCallContext context)
    {
        Config config = await FindConfigAsync(id, context);
        return config.Identifier is not null ? config : throw context.Refuse(Problem.NotFound("MCP config"));
    }

    private async Task<Config> FindConfigAsync(string id, ServerCallContext context) =>
        (
            await servers.FindConfigAsync(
                context.Principal(),
                McpRequests.ConfigId(context, id),
                context.CancellationToken
            )
        ).OrThrow(context);

    private async Task<Instance> FindInstanceAsync(string id, ServerCallContext context) =>
        (
            await servers.FindInstanceAsync(
                context.Principal(),
                McpRequests.InstanceId(context, id),
                context.CancellationToken
            )
        ).OrThrow(context);

    private async Task<IReadOnlyList<McpConnectionState>> StateAsync(
        Identifier user,
        Config config,
        bool withLinks,
        ServerCallContext context
    )
    {
        ActingSubject subject = await subjects.ResolveAsync(context, user.Value);
        return (await servers.StateAsync(subject, config, withLinks, context.CancellationToken)).OrThrow(context);
    }

    private async Task<Wire.Mcp.McpConfig> ToWireAsync(Config config, ServerCallContext context) =>
        McpWire.ToWire(config, await servers.UrlAsync(config, context.CancellationToken));

    private async Task<Wire.Mcp.McpInstance> ToWireAsync(Instance instance, ServerCallContext context) =>
        McpWire.ToWire(
            instance,
            await servers.UrlAsync(instance, context.CancellationToken),
            await servers.UrlAsync(instance.Config, context.CancellationToken),
            await StateAsync(instance.Identifier, instance.Config, withLinks: false, context)
        );

    private async Task<Wire.Mcp.Mcp> ToUserWireAsync(Config server, ServerCallContext context) =>
        McpWire.ToWire(
            server,
            await servers.UrlAsync(server, context.CancellationToken),
            await StateAsync(server.Identifier!.Value, server, withLinks: false, context)
        );
}
