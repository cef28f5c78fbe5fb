using Behalf.Client.Internal;
using Behalf.Wire.People;
using Grpc.Core;
using Proto = Behalf.Wire.People;

namespace Behalf.Client;

/// <summary>An MCP client that may ask people for access.</summary>
/// <param name="Kind"><c>static</c> (added), <c>dynamic</c> (registered itself) or <c>document</c> (known by a URL).</param>
public sealed record RegisteredMcpClient(
    string ClientId,
    string Name,
    string Kind,
    IReadOnlyList<string> RedirectUris,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? UsedAt
);

/// <param name="ClientSecret">Given once; null for a public client.</param>
public sealed record NewMcpClient(RegisteredMcpClient Client, SecretText? ClientSecret);

/// <summary>MCP clients of an environment.</summary>
public sealed class McpClientsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Proto.People.PeopleClient _people;
    private readonly string _environment;

    internal McpClientsClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _people = new Proto.People.PeopleClient(invoker);
        _environment = environment;
    }

    public async Task<NewMcpClient> AddAsync(
        string name,
        IReadOnlyList<string> redirectUris,
        bool withSecret = false,
        CancellationToken cancellationToken = default
    )
    {
        var request = new AddMcpClientRequest
        {
            Environment = _environment,
            Name = name,
            WithSecret = withSecret,
        };
        request.RedirectUris.AddRange(redirectUris);
        var added = await _rpc.CallAsync(options => _people.AddMcpClientAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return new NewMcpClient(
            Read(added.Client),
            added.ClientSecret.Length == 0 ? null : (SecretText)added.ClientSecret
        );
    }

    public async Task<IReadOnlyList<RegisteredMcpClient>> ListAsync(CancellationToken cancellationToken = default)
    {
        var request = new ListMcpClientsRequest { Environment = _environment };
        var response = await _rpc.CallAsync(options => _people.ListMcpClientsAsync(request, options), cancellationToken)
            .ConfigureAwait(false);
        return [.. response.Clients.Select(Read)];
    }

    /// <summary>Ends what people allowed it.</summary>
    public Task RemoveAsync(string clientId, CancellationToken cancellationToken = default)
    {
        var request = new RemoveMcpClientRequest { Environment = _environment, ClientId = clientId };
        return _rpc.CallAsync(options => _people.RemoveMcpClientAsync(request, options), cancellationToken);
    }

    private static RegisteredMcpClient Read(McpClient client) =>
        new(
            client.ClientId,
            client.Name,
            client.Kind,
            [.. client.RedirectUris],
            client.CreatedAt?.ToDateTimeOffset(),
            client.UsedAt?.ToDateTimeOffset()
        );
}
