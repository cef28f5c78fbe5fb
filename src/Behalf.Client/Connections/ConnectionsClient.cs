using Behalf.Client.Internal;
using Behalf.Wire.Administration;
using Grpc.Core;
using Proto = Behalf.Wire.Administration;

namespace Behalf.Client;

/// <summary>The connections of an environment.</summary>
public sealed class ConnectionsClient
{
    private const uint PageSize = 100;

    private readonly Rpc<AccessToken> _rpc;
    private readonly Administration.AdministrationClient _administration;
    private readonly string _environment;

    internal ConnectionsClient(Rpc<AccessToken> rpc, CallInvoker invoker, string environment)
    {
        _rpc = rpc;
        _administration = new Administration.AdministrationClient(invoker);
        _environment = environment;
    }

    public IAsyncEnumerable<ConnectionDetails> ListAsync(CancellationToken cancellationToken = default) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var request = new ListConnectionsRequest
                {
                    Environment = _environment,
                    PageSize = PageSize,
                    PageToken = page,
                };
                var response = await _rpc.CallAsync(
                        options => _administration.ListConnectionsAsync(request, options),
                        token
                    )
                    .ConfigureAwait(false);
                return (response.Connections.Select(Read), response.NextPageToken);
            },
            cancellationToken
        );

    public async Task<ConnectionDetails> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        var request = new GetConnectionRequest { Environment = _environment, Name = name };
        return Read(
            await _rpc.CallAsync(options => _administration.GetConnectionAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    public async Task<ConnectionDetails> AddAsync(
        NewConnection connection,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(connection);
        var request = new AddConnectionRequest
        {
            Environment = _environment,
            Connector = connection.Connector,
            Name = connection.Name ?? "",
            ClientId = connection.ClientId ?? "",
            ClientSecret = connection.ClientSecret?.Reveal() ?? "",
            BaseUrl = connection.BaseUrl ?? "",
            OauthUrl = connection.OAuthUrl ?? "",
            ToolPrefix = connection.ToolPrefix ?? "",
            Proxy = connection.Proxy ?? "",
        };
        request.Scopes.Add(connection.Scopes);
        request.AllowedTools.Add(connection.AllowedTools);
        return Read(
            await _rpc.CallAsync(options => _administration.AddConnectionAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <summary>Holds for every call that starts from now on.</summary>
    public async Task<ConnectionDetails> ChangeAsync(
        string name,
        ConnectionChange change,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(change);
        var request = new UpdateConnectionRequest
        {
            Environment = _environment,
            Name = name,
            AllTools = change.AllowedTools is { Count: 0 },
        };
        if (change.Name is { } newName)
        {
            request.NewName = newName;
        }
        if (change.ClientId is { } clientId)
        {
            request.ClientId = clientId;
        }
        if (change.ClientSecret is { } secret)
        {
            request.ClientSecret = secret.Reveal();
        }
        if (change.BaseUrl is { } baseUrl)
        {
            request.BaseUrl = baseUrl;
        }
        if (change.OAuthUrl is { } oauthUrl)
        {
            request.OauthUrl = oauthUrl;
        }
        if (change.IsEnabled is { } enabled)
        {
            request.Enabled = enabled;
        }
        request.AcceptNewest = change.AcceptsNewest;
        if (change.Proxy is { } proxy)
        {
            request.Proxy = proxy;
        }
        request.Scopes.Add(change.Scopes);
        request.AllowedTools.Add(change.AllowedTools ?? []);
        return Read(
            await _rpc.CallAsync(options => _administration.UpdateConnectionAsync(request, options), cancellationToken)
                .ConfigureAwait(false)
        );
    }

    /// <param name="revokeAccounts">True: accounts that use it are revoked first. False: they prevent it.</param>
    public Task RemoveAsync(string name, bool revokeAccounts = false, CancellationToken cancellationToken = default)
    {
        var request = new RemoveConnectionRequest
        {
            Environment = _environment,
            Name = name,
            Force = revokeAccounts,
        };
        return _rpc.CallAsync(options => _administration.RemoveConnectionAsync(request, options), cancellationToken);
    }

    private static ConnectionDetails Read(Proto.ConnectionDetails connection) =>
        new(
            connection.Id,
            connection.Name,
            connection.Connector,
            connection.ConnectorName,
            connection.ConnectorRevision,
            connection.ToolPrefix,
            connection.BaseUrl,
            connection.OauthUrl,
            connection.ClientId,
            [.. connection.Scopes],
            connection.RedirectUri,
            [.. connection.AllowedTools],
            connection.Enabled,
            Instant.Read(connection.CreatedAt),
            connection.Proxy
        )
        {
            NewestRevision = connection.NewestRevision,
            Waiting = [.. connection.Waiting],
        };
}
