using System.Text.Json.Nodes;
using Behalf.Client.Internal;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Explanations;
using Behalf.Wire.Tools;
using Behalf.Wire.ToolSearch;

namespace Behalf.Client;

/// <summary>
/// <see cref="IUserClient"/> over the wire, on user sessions that a callback renews shortly before they end, one renewal
/// at a time. The first session fixes the user: a session of somebody else is refused.
/// </summary>
public sealed class UserClient : IUserClient, IDisposable
{
    private const uint ToolPageSize = 100;
    private const uint AccountPageSize = 99;

    private readonly Transport _transport;
    private readonly Transport? _own;
    private readonly Rpc<UserSession> _rpc;
    private readonly ToolService.ToolServiceClient _tools;
    private readonly ToolSearch.ToolSearchClient _search;
    private readonly Explanations.ExplanationsClient _explanations;
    private readonly ConnectedAccountService.ConnectedAccountServiceClient _accounts;

    /// <param name="renew">Gives a fresh session of the one user; its token ends it after 30 seconds.</param>
    public UserClient(BehalfServerOptions options, Func<CancellationToken, Task<UserSession>> renew)
        : this(options, new Transport(options), renew) => _own = _transport;

    internal UserClient(
        BehalfServerOptions options,
        Transport transport,
        Func<CancellationToken, Task<UserSession>> renew
    )
    {
        ArgumentNullException.ThrowIfNull(renew);
        _transport = transport;
        var sessions = new Renewing<UserSession>(
            new OneUser(renew).RenewAsync,
            session => session.ExpiresAt,
            options.TimeProvider
        );
        _rpc = new Rpc<UserSession>(sessions, session => session.Token, options);
        _tools = new ToolService.ToolServiceClient(_transport.Invoker);
        _search = new ToolSearch.ToolSearchClient(_transport.Invoker);
        _explanations = new Explanations.ExplanationsClient(_transport.Invoker);
        _accounts = new ConnectedAccountService.ConnectedAccountServiceClient(_transport.Invoker);
        MyConnections = new MyConnectionsClient(_rpc, _accounts);
    }

    /// <summary>For the user's own pages; an agent needs none of it.</summary>
    public MyConnectionsClient MyConnections { get; }

    /// <inheritdoc />
    public async Task<UserTools> ListToolsAsync(CancellationToken cancellationToken = default)
    {
        var accounts = new List<UserAccount>();
        await foreach (var account in ListAccountsAsync(cancellationToken).ConfigureAwait(false))
        {
            accounts.Add(account);
        }
        var connections = accounts.ToDictionary(account => account.Id, account => account.ConnectionName);
        var tools = new List<UserTool>();
        await foreach (var scoped in ListScopedAsync(cancellationToken).ConfigureAwait(false))
        {
            tools.Add(
                ToolReading.ReadOfUser(
                    scoped.Tool,
                    connections.GetValueOrDefault(scoped.ConnectedAccountId, scoped.Tool.Provider)
                )
            );
        }
        return new UserTools(tools, accounts);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<UserTool>> SearchToolsAsync(
        string query,
        int most = 8,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(query);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var request = new SearchToolsRequest { Query = query, Limit = (uint)most };
        var response = await _rpc.CallAsync(
                (_, options) => _search.SearchToolsAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return [.. response.Tools.Select(found => ToolReading.ReadOfUser(found.Tool, found.Connector))];
    }

    /// <inheritdoc />
    public async Task<ToolExplanation> ExplainToolAsync(
        string toolName,
        JsonObject arguments,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var (parameters, problem) = StructJson.ToStruct(arguments);
        if (problem is not null)
        {
            throw new ArgumentException(problem, nameof(arguments));
        }
        var request = new ExplainRequest { ToolName = toolName, Params = parameters };
        var answer = await _rpc.CallAsync(
                (_, options) => _explanations.ExplainAsync(request, options),
                cancellationToken
            )
            .ConfigureAwait(false);
        return ExplanationReading.Read(answer);
    }

    /// <inheritdoc />
    public Task<ToolOutcome> CallToolAsync(
        string toolName,
        JsonObject arguments,
        string? agentRunId = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var request = new ExecuteToolRequest { ToolName = toolName };
        if (agentRunId is not null)
        {
            request.AgentRunId = agentRunId;
        }
        // The session says who acts; the request has no need to.
        return ToolExecution.RunAsync(_rpc, _tools, request, arguments, idempotencyKey: null, cancellationToken);
    }

    public void Dispose() => _own?.Dispose();

    private IAsyncEnumerable<UserAccount> ListAccountsAsync(CancellationToken cancellationToken) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var response = await _rpc.CallAsync(
                        (session, options) =>
                            _accounts.ListConnectedAccountsAsync(
                                new ListConnectedAccountsRequest
                                {
                                    Identifier = session.Identifier,
                                    PageSize = AccountPageSize,
                                    PageToken = page,
                                },
                                options
                            ),
                        token
                    )
                    .ConfigureAwait(false);
                return (
                    response
                        .ConnectedAccounts.Select(AccountReading.Read)
                        .Select(account => new UserAccount(
                            account.Id,
                            account.ConnectionName,
                            account.Connector,
                            account.Status
                        )),
                    response.NextPageToken
                );
            },
            cancellationToken
        );

    private IAsyncEnumerable<Wire.Tools.ScopedTool> ListScopedAsync(CancellationToken cancellationToken) =>
        Pages.ReadAsync(
            async (page, token) =>
            {
                var response = await _rpc.CallAsync(
                        (session, options) =>
                            _tools.ListScopedToolsAsync(
                                new ListScopedToolsRequest
                                {
                                    Identifier = session.Identifier,
                                    Filter = new ScopedToolFilter(),
                                    PageSize = ToolPageSize,
                                    PageToken = page,
                                },
                                options
                            ),
                        token
                    )
                    .ConfigureAwait(false);
                return ((IEnumerable<Wire.Tools.ScopedTool>)response.Tools, response.NextPageToken);
            },
            cancellationToken
        );
}
