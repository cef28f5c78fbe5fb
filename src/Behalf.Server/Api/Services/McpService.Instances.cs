using Behalf.Mcp;
using Behalf.Wire.Mcp;
using Grpc.Core;
using Instance = Behalf.Mcp.McpInstance;

namespace Behalf.Server.Api.Services;

/// <content>Instances: a config given to one user, at a URL of its own.</content>
internal sealed partial class McpService
{
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

    private async Task<Instance> FindInstanceAsync(string id, ServerCallContext context) =>
        (
            await servers.FindInstanceAsync(
                context.Principal(),
                McpRequests.InstanceId(context, id),
                context.CancellationToken
            )
        ).OrThrow(context);

    private async Task<Wire.Mcp.McpInstance> ToWireAsync(Instance instance, ServerCallContext context) =>
        McpWire.ToWire(
            instance,
            await servers.UrlAsync(instance, context.CancellationToken),
            await servers.UrlAsync(instance.Config, context.CancellationToken),
            await StateAsync(instance.Identifier, instance.Config, withLinks: false, context)
        );
}
