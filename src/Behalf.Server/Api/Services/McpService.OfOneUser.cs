using Behalf.Mcp;
using Behalf.Wire.Mcp;
using Grpc.Core;
using Config = Behalf.Mcp.McpConfig;

namespace Behalf.Server.Api.Services;

/// <content>The oldest form: a server of one user with mappings of its own.</content>
internal sealed partial class McpService
{
    private const int MostListed = 1_000;

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

    private async Task<Config> UsersServerAsync(string id, ServerCallContext context)
    {
        Config config = await FindConfigAsync(id, context);
        return config.Identifier is not null ? config : throw context.Refuse(Problem.NotFound("MCP config"));
    }

    private async Task<Wire.Mcp.Mcp> ToUserWireAsync(Config server, ServerCallContext context) =>
        McpWire.ToWire(
            server,
            await servers.UrlAsync(server, context.CancellationToken),
            await StateAsync(server.Identifier!.Value, server, withLinks: false, context)
        );
}
