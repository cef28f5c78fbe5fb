using System.Security.Claims;
using Behalf.Client.Internal;
using Grpc.Core;

namespace Behalf.Client;

/// <summary>
/// Behalf with a service credential, for an application's back end: it may name any user of its environment. Give agents
/// a <see cref="IUserClient"/> from <see cref="CreateUserClient(string, SessionLimits)"/> instead. Safe to call concurrently; keep one per process.
/// </summary>
/// <remarks>Every method throws <see cref="BehalfException"/> when the server refuses or cannot be reached.</remarks>
public sealed class BehalfClient : IDisposable
{
    private readonly BehalfClientOptions _options;
    private readonly Transport _transport;

    public BehalfClient(BehalfClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _transport = new Transport(options);
        var endpoint = new TokenEndpoint(
            _transport.Http,
            options.ClientId,
            options.ClientSecret!,
            options.TimeProvider
        );
        var tokens = new Renewing<AccessToken>(endpoint.FetchAsync, token => token.ExpiresAt, options.TimeProvider);
        var rpc = new Rpc<AccessToken>(tokens, token => token.Value, options);
        CallInvoker invoker = _transport.Invoker;
        Accounts = new AccountsClient(rpc, invoker);
        Credentials = new CredentialsClient(rpc, invoker);
        Tools = new ToolsClient(rpc, invoker);
        Sessions = new SessionsClient(rpc, invoker);
        Connections = new ConnectionsClient(rpc, invoker, options.Environment);
        ConnectionContexts = new ConnectionContextsClient(rpc, invoker);
        Connectors = new ConnectorsClient(rpc, invoker);
        CustomConnectors = new CustomConnectorsClient(rpc, invoker);
        Proxy = new ProxyClient(tokens, _transport);
        CustomTools = new CustomToolsClient(rpc, invoker);
        McpServers = new McpServersClient(rpc, invoker);
        Events = new EventsClient(rpc, invoker);
        ToolCallLogs = new ToolCallLogsClient(rpc, invoker);
        Users = new UsersClient(rpc, invoker, options.Environment);
        Revocations = new RevocationsClient(rpc, invoker, options.Environment);
        Audit = new AuditClient(rpc, invoker, options.Environment);
        Environments = new EnvironmentsClient(rpc, invoker);
        Clients = new ClientsClient(rpc, invoker, options.Environment);
        Keys = new KeysClient(rpc, invoker);
        People = new PeopleClient(rpc, invoker, options.Environment);
        IdentityProvider = new IdentityProviderClient(rpc, invoker, options.Environment);
        McpClients = new McpClientsClient(rpc, invoker, options.Environment);
        GroupRules = new GroupRulesClient(rpc, invoker, options.Environment);
    }

    public Uri Server => _transport.Server;

    public AccountsClient Accounts { get; }

    /// <summary>Off unless the operator turned it on.</summary>
    public CredentialsClient Credentials { get; }

    public ToolsClient Tools { get; }

    public SessionsClient Sessions { get; }

    /// <summary>The provider's whole API, for what no tool does.</summary>
    public ProxyClient Proxy { get; }

    public ConnectionsClient Connections { get; }

    public ConnectionContextsClient ConnectionContexts { get; }

    public ConnectorsClient Connectors { get; }

    public CustomConnectorsClient CustomConnectors { get; }

    public UsersClient Users { get; }

    public RevocationsClient Revocations { get; }

    public AuditClient Audit { get; }

    public CustomToolsClient CustomTools { get; }

    public McpServersClient McpServers { get; }

    public EventsClient Events { get; }

    public ToolCallLogsClient ToolCallLogs { get; }

    /// <summary>Needs the operator credential.</summary>
    public EnvironmentsClient Environments { get; }

    /// <summary>Needs the operator credential.</summary>
    public ClientsClient Clients { get; }

    /// <summary>Needs the operator credential.</summary>
    public KeysClient Keys { get; }

    public PeopleClient People { get; }

    public IdentityProviderClient IdentityProvider { get; }

    public McpClientsClient McpClients { get; }

    public GroupRulesClient GroupRules { get; }

    /// <summary>
    /// What an agent gets: Behalf as this one user, on sessions of at most fifteen minutes that are renewed as it works.
    /// The caller knows from its own login who the user is. It uses this client's sockets and ends with it.
    /// </summary>
    /// <param name="limits">Narrows the sessions to some connections or tools.</param>
    public UserClient CreateUserClient(string identifier, SessionLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(identifier);
        return new(_options, _transport, token => Sessions.CreateAsync(identifier, limits, token));
    }

    /// <summary>As the other, for whoever is signed in.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the claim does not name one user.</exception>
    public UserClient CreateUserClient(ClaimsPrincipal user, SessionLimits? limits = null) =>
        CreateUserClient(IdentifierOf(user), limits);

    /// <summary>The signed-in user, by <see cref="BehalfClientOptions.IdentifierClaim"/>.</summary>
    /// <exception cref="InvalidOperationException">Nobody is signed in, or the claim does not name one user.</exception>
    public string IdentifierOf(ClaimsPrincipal user) => user.GetBehalfIdentifier(_options.IdentifierClaim);

    public void Dispose() => _transport.Dispose();
}
