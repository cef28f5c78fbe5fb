using Behalf.Client.Internal;
using Behalf.Wire.Mcp;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>The environment's virtual MCP servers.</summary>
public sealed class McpServersClient
{
    private const uint PageSize = 30;
    private const string AccessLevelHeader = "behalf-mcp-access-level";

    private readonly Rpc<AccessToken> _rpc;
    private readonly McpService.McpServiceClient _mcp;

    internal McpServersClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _mcp = new McpService.McpServiceClient(invoker);
    }

    /// <param name="name">1–100 of lower case letters, digits, <c>_</c> and <c>-</c>; stays.</param>
    public async Task<McpServer> AddAsync(
        string name,
        IReadOnlyList<McpConnection> connections,
        string? description = null,
        CancellationToken cancellationToken = default
    )
    {
        var config = new McpConfig { Name = name, Description = description ?? "" };
        config.ConnectionToolMappings.Add(connections.Select(Write));
        var request = new CreateMcpConfigRequest { Config = config };
        var response = await _rpc.CallAsync(options => _mcp.CreateMcpConfigAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return Read(response.Config);
    }

    /// <summary>Replaces connections and tools, at the next call of every session.</summary>
    public async Task<McpServer> ChangeAsync(
        string id,
        IReadOnlyList<McpConnection> connections,
        string? description = null,
        CancellationToken cancellationToken = default
    )
    {
        var request = new UpdateMcpConfigRequest { ConfigId = id, Description = description ?? "" };
        request.ConnectionToolMappings.Add(connections.Select(Write));
        var response = await _rpc.CallAsync(options => _mcp.UpdateMcpConfigAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return Read(response.Config);
    }

    public async Task<McpServer> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        var request = new GetMcpConfigRequest { ConfigId = id };
        var response = await _rpc.CallAsync(options => _mcp.GetMcpConfigAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return Read(response.Config);
    }

    /// <summary>Every server, page by page.</summary>
    public IAsyncEnumerable<McpServer> ListAsync(CancellationToken cancellationToken = default) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListMcpConfigsRequest { PageSize = PageSize, PageToken = page };
                var response = await _rpc.CallAsync(options => _mcp.ListMcpConfigsAsync(request, options), token)
                    .ConfigureAwait(false);
                return (response.Configs.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    /// <summary>Its URL ends at once, with every session token for it.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        var request = new DeleteMcpConfigRequest { ConfigId = id };
        return _rpc.CallAsync(options => _mcp.DeleteMcpConfigAsync(request, options), cancellationToken);
    }

    /// <summary>A token with which this user's MCP client enters this server.</summary>
    /// <param name="lifetime">From one minute to a day; null: an hour.</param>
    /// <param name="readOnly">True: only tools that are marked as reading.</param>
    public async Task<McpSessionToken> CreateTokenAsync(
        string id,
        string identifier,
        TimeSpan? lifetime = null,
        bool readOnly = false,
        CancellationToken cancellationToken = default
    )
    {
        var request = new CreateMcpSessionTokenRequest
        {
            McpConfigId = id,
            Identifier = identifier,
            Expiry = lifetime is { } given ? Duration.FromTimeSpan(given) : null,
        };
        Metadata headers = readOnly ? new Metadata { { AccessLevelHeader, "READ_ONLY" } } : [];
        var response = await _rpc.CallAsync(
                options => _mcp.CreateMcpSessionTokenAsync(request, options),
                headers,
                cancellationToken
            )
            .ConfigureAwait(false);
        return new McpSessionToken(response.Token, response.ExpiresAt.ToDateTimeOffset());
    }

    private static McpConfigConnectionToolMapping Write(McpConnection connection)
    {
        var mapping = new McpConfigConnectionToolMapping { ConnectionName = connection.ConnectionName };
        mapping.Tools.Add(connection.Tools);
        return mapping;
    }

    private static McpServer Read(McpConfig config) =>
        new(
            config.Id,
            config.Name,
            config.Description,
            Uri.TryCreate(config.McpServerUrl, UriKind.Absolute, out var url) ? url : null,
            [
                .. config.ConnectionToolMappings.Select(mapping => new McpConnection(
                    mapping.ConnectionName,
                    [.. mapping.Tools]
                )),
            ]
        );
}
