using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;
using Proto = Behalf.Wire.Administration;

namespace Behalf.Client;

/// <summary>A provider's definition.</summary>
/// <param name="Revision">The definition's SHA-256; connections pin one.</param>
public sealed record ConnectorDetails(
    string Slug,
    string Name,
    string Description,
    string Revision,
    IReadOnlyList<string> DefaultScopes,
    IReadOnlyList<ConnectorTool> Tools
);

/// <param name="Hints">Of <c>read_only</c>, <c>destructive</c>, <c>idempotent</c>, <c>changes_access</c>.</param>
public sealed record ConnectorTool(
    string Name,
    string Title,
    string Description,
    IReadOnlyList<string> NeededScopes,
    IReadOnlyList<string> Hints,
    string Category
);

/// <summary>The connectors the server knows.</summary>
public sealed class ConnectorsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;

    internal ConnectorsClient(Rpc<AccessToken> rpc, CallInvoker invoker)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
    }

    public async Task<IReadOnlyList<ConnectorDetails>> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _rpc.CallAsync(
                options => _administration.ListConnectorsAsync(new ListConnectorsRequest(), options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Connectors.Select(Read)];
    }

    public async Task<ConnectorDetails> GetAsync(string slug, CancellationToken cancellationToken = default)
    {
        var request = new GetConnectorRequest { Slug = slug };
        return Read(
            await _rpc.CallAsync(options => _administration.GetConnectorAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <summary>Makes a definition the environment's own connector of its slug, or replaces the one it has.</summary>
    /// <param name="document">The connector format as one document (docs/connector-format.md).</param>
    public async Task<ConnectorDetails> PutAsync(string document, CancellationToken cancellationToken = default)
    {
        var request = new PutConnectorRequest { Document = document };
        return Read(
            await _rpc.CallAsync(options => _administration.PutConnectorAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <summary>Makes a remote MCP server a connector: its tools follow with the first account.</summary>
    /// <param name="slug">Null: made of the host's name.</param>
    /// <param name="name">For people; null: the host's name.</param>
    public async Task<ConnectorDetails> AddRemoteAsync(
        Uri url,
        string? slug = null,
        string? name = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(url);
        var request = new AddRemoteServerRequest
        {
            Url = url.AbsoluteUri,
            Slug = slug ?? string.Empty,
            Name = name ?? string.Empty,
        };
        return Read(
            await _rpc.CallAsync(options => _administration.AddRemoteServerAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    private static ConnectorDetails Read(Proto.ConnectorDetails connector) =>
        new(
            connector.Slug,
            connector.Name,
            connector.Description,
            connector.Revision,
            [.. connector.DefaultScopes],
            [
                .. connector.Tools.Select(tool => new ConnectorTool(
                    tool.Name,
                    tool.Title,
                    tool.Description,
                    [.. tool.NeededScopes],
                    [.. tool.Hints],
                    tool.Category
                )),
            ]
        );
}
