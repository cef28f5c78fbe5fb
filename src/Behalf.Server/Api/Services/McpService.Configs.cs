using Behalf.Mcp;
using Behalf.Wire.Mcp;
using Grpc.Core;
using Config = Behalf.Mcp.McpConfig;

namespace Behalf.Server.Api.Services;

/// <content>Configs: tools of some connections behind one URL that all users share.</content>
internal sealed partial class McpService
{
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

    private async Task<Config> NamedConfigAsync(string id, ServerCallContext context)
    {
        Config config = await FindConfigAsync(id, context);
        return config.Identifier is null ? config : throw context.Refuse(Problem.NotFound("MCP config"));
    }

    private async Task<Wire.Mcp.McpConfig> ToWireAsync(Config config, ServerCallContext context) =>
        McpWire.ToWire(config, await servers.UrlAsync(config, context.CancellationToken));
}
