using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;
using Proto = Behalf.Wire.Administration;

namespace Behalf.Client;

/// <summary>An application's service credential, without its secret.</summary>
/// <param name="Connections">Connection names it is limited to; none: no limit.</param>
/// <param name="Tools">Tool names it is limited to; none: no limit.</param>
/// <param name="LiveSecrets">One, or two while it is being rotated.</param>
public sealed record ApiClient(
    string ClientId,
    string Name,
    IReadOnlyList<string> Connections,
    IReadOnlyList<string> Tools,
    bool IsEnabled,
    uint LiveSecrets,
    DateTimeOffset? CreatedAt
);

/// <param name="ClientSecret">Given once.</param>
public sealed record ApiClientWithSecret(ApiClient Client, SecretText ClientSecret);

public sealed record NewApiClient
{
    public required string Name { get; init; }

    public IReadOnlyList<string> Connections { get; init; } = [];

    public IReadOnlyList<string> Tools { get; init; } = [];
}

/// <summary>What to change about a client; what is left out stays.</summary>
public sealed record ApiClientChange
{
    public string? Name { get; init; }

    /// <value>Connection names it is limited to. Empty: no limit.</value>
    public IReadOnlyList<string>? Connections { get; init; }

    /// <value>Tool names it is limited to. Empty: no limit.</value>
    public IReadOnlyList<string>? Tools { get; init; }
}

/// <summary>The API clients of an environment; needs the operator credential.</summary>
public sealed class ClientsClient
{
    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;
    private readonly string _environment;

    internal ClientsClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
        _environment = environment;
    }

    public async Task<ApiClientWithSecret> AddAsync(NewApiClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var request = new AddClientRequest { Environment = _environment, Name = client.Name };
        request.Connections.Add(client.Connections);
        request.Tools.Add(client.Tools);
        return Read(
            await _rpc.CallAsync(options => _administration.AddClientAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<IReadOnlyList<ApiClient>> ListAsync(CancellationToken cancellationToken = default)
    {
        var request = new ListClientsRequest { Environment = _environment };
        var response = await _rpc.CallAsync(
                options => _administration.ListClientsAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Clients.Select(Read)];
    }

    /// <summary>Holds for every call that starts from now on; tokens and sessions live on, within the new limits.</summary>
    public async Task<ApiClient> ChangeAsync(
        string clientId,
        ApiClientChange change,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        var request = new UpdateClientRequest
        {
            Environment = _environment,
            ClientId = clientId,
            AllConnections = change.Connections is { Count: 0 },
            AllTools = change.Tools is { Count: 0 },
        };
        if (change.Name is { } name)
        {
            request.Name = name;
        }
        request.Connections.Add(change.Connections ?? []);
        request.Tools.Add(change.Tools ?? []);
        return Read(
            await _rpc.CallAsync(options => _administration.UpdateClientAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <summary>A second live secret; the old one ends when the server says, so that nothing stands still.</summary>
    public async Task<ApiClientWithSecret> RotateAsync(string clientId, CancellationToken cancellationToken = default)
    {
        var request = new RotateClientRequest { Environment = _environment, ClientId = clientId };
        return Read(
            await _rpc.CallAsync(options => _administration.RotateClientAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public Task RemoveAsync(string clientId, CancellationToken cancellationToken = default)
    {
        var request = new RemoveClientRequest { Environment = _environment, ClientId = clientId };
        return _rpc.CallAsync(options => _administration.RemoveClientAsync(request, options), cancellationToken);
    }

    private static ApiClientWithSecret Read(ClientWithSecret client) => new(Read(client.Client), client.ClientSecret);

    private static ApiClient Read(Proto.Client client) =>
        new(
            client.ClientId,
            client.Name,
            [.. client.Connections],
            [.. client.Tools],
            client.Enabled,
            client.LiveSecrets,
            Instant.Read(client.CreatedAt)
        );
}
