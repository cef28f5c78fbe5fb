using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.Connections;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>Free-form JSON of the application's own beside a connection, for all or for one organization.</summary>
public sealed class ConnectionContextsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly ConnectionService.ConnectionServiceClient _connections;

    internal ConnectionContextsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _connections = new ConnectionService.ConnectionServiceClient(invoker);
    }

    /// <param name="connectionId">As <see cref="ConnectionDetails.Id"/>.</param>
    /// <param name="organizationId">Null: what holds for all.</param>
    public async Task<JsonObject> GetAsync(
        string connectionId,
        string? organizationId = null,
        CancellationToken cancellationToken = default
    )
    {
        var request = new GetConnectionContextRequest
        {
            ConnectionId = connectionId,
            OrganizationId = organizationId ?? "",
        };
        var response = await _rpc.CallAsync(
                options => _connections.GetConnectionContextAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return response.Context is { } context ? StructJson.ToJson(context) : [];
    }

    /// <summary>Replaces the whole.</summary>
    /// <exception cref="ArgumentException">It holds a number that cannot be sent exactly.</exception>
    public async Task SetAsync(
        string connectionId,
        JsonObject context,
        string? organizationId = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(context);
        var (value, problem) = StructJson.ToStruct(context);
        if (problem is not null)
        {
            throw new ArgumentException(problem, nameof(context));
        }
        var request = new UpdateConnectionContextRequest
        {
            ConnectionId = connectionId,
            OrganizationId = organizationId ?? "",
            Context = value,
        };
        await _rpc.CallAsync(options => _connections.UpdateConnectionContextAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
    }
}
