namespace Behalf;

/// <summary>Settings of an installation that more than one room needs.</summary>
public sealed class BehalfOptions
{
    /// <value>
    /// The origin people and providers reach us at, without a trailing slash. Links, redirect URIs, issuers and audiences
    /// are built from it, never from a request's Host.
    /// </value>
    public string PublicUrl { get; set; } = "http://127.0.0.1:8080";

    /// <value>This node's name in audit lanes and leases; unique among live nodes.</value>
    public string Node { get; set; } = "node-1";

    /// <value>Exact origins that egress may reach although they are private or plain http (http on loopback only).</value>
    public IList<string> AllowedPrivateOrigins { get; } = [];

    /// <value>
    /// Addresses and networks (<c>10.0.0.7</c>, <c>10.0.0.0/24</c>) of the proxies in front of us. What a request says of
    /// where it came from counts only where one of them sent it.
    /// </value>
    public IList<string> TrustedProxies { get; } = [];

    /// <value>Folder with the bundled connector folders.</value>
    public string ConnectorsFolder { get; set; } = "connectors";

    /// <value>
    /// URLs the person may be sent to for verification. Empty: any https or loopback URL that a service credential
    /// registers in its link request.
    /// </value>
    public IList<string> VerifyUrls { get; } = [];

    /// <value>How long before its end an access token counts as stale.</value>
    public TimeSpan RefreshMargin { get; set; } = TimeSpan.FromMinutes(5);

    /// <value>How long an exchange may take in all, and how long a caller waits for a refresh.</value>
    public TimeSpan TokenRequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <value>
    /// How long a refresh may take from when it asks for the lease, whoever has stopped waiting for it: hanging up on a slow
    /// provider that rotates loses the pair it was about to give.
    /// </value>
    public TimeSpan RefreshTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <value>Where a received pair is kept while the database cannot commit it. Null: nowhere, in memory only.</value>
    public string? SpoolFolder { get; set; }

    /// <value>
    /// How long a process that was asked to stop still takes work while it says that it is not ready, so that whoever
    /// balances between nodes has noticed before the doors close.
    /// </value>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <value>How long an authorization link may be used.</value>
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromMinutes(10);

    public ProxyOptions Proxy { get; } = new();

    public Limits.LimitOptions Limits { get; } = new();

    public McpClientOptions McpClients { get; } = new();

    public McpOptions Mcp { get; } = new();
}

/// <summary>How MCP endpoints serve.</summary>
public sealed class McpOptions
{
    /// <value>
    /// True: sessions of clients that begin with <c>initialize</c> are kept in this process, so that a tool can ask their
    /// person while it runs. For a single node only: another one does not know them.
    /// </value>
    public bool KeepsSessions { get; set; }
}

/// <summary>Which MCP clients may ask people for access, besides those that the operator added.</summary>
public sealed class McpClientOptions
{
    /// <value>Clients that are known by the URL of a document about themselves.</value>
    public DocumentTrust Documents { get; set; } = DocumentTrust.Any;

    /// <value>Hosts (and their subdomains) of such documents; counts where only listed ones are trusted.</value>
    public IList<string> AllowedHosts { get; } = [];

    /// <value>Hosts (and their subdomains) that are never trusted.</value>
    public IList<string> BlockedHosts { get; } = [];

    /// <value>By URL, files that are read instead of fetching: for networks without a way out, and tests.</value>
    public IDictionary<string, string> DocumentFiles { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <value>Whether unknown clients may register themselves (RFC 7591).</value>
    public bool DynamicRegistration { get; set; } = true;

    /// <value>Schemes of redirect URIs of programs that have no reverse-domain one, which RFC 8252 §7.1 asks for.</value>
    public IList<string> RedirectSchemes { get; } = ["cursor"];
}

public enum DocumentTrust
{
    Any = 1,

    /// <summary>Only those on an allowed host.</summary>
    Listed = 2,

    Off = 3,
}

/// <summary>Bounds of one request through the proxy. Bodies pass in pieces, so they cost time rather than memory.</summary>
public sealed class ProxyOptions
{
    /// <value>Of the request's body, and of the answer's after decompression.</value>
    public long MaxBytes { get; set; } = 256 * 1024 * 1024;

    /// <value>For the whole exchange, both bodies included.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <value>How long an exchange may stand still.</value>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);
}
