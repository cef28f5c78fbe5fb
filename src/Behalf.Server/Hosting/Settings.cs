using Behalf.Limits;
using Behalf.Storage.PostgreSql;
using Behalf.Vault;

namespace Behalf.Server.Hosting;

/// <summary>
/// Settings from <c>appsettings.json</c> and <c>BEHALF__…</c> environment variables (section <c>Behalf</c>), under those
/// of the command line.
/// </summary>
internal static class Settings
{
    private const string Section = "Behalf";
    private const int MostCalls = 1_000_000;
    private const long MinProxyBytes = 64 * 1024;
    private const long MaxProxyBytes = 16L * 1024 * 1024 * 1024;

    public static DatabaseChoice DatabaseOf(IConfiguration configuration, ServerOptions options, DataFolder folder)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        return new DatabaseChoice(
            folder,
            DatabaseChoice.Given(options.Database ?? section["Database"]),
            DatabaseChoice.Given(options.RootKey ?? section["RootKey"])
        );
    }

    public static string[] AllowedPrivateOriginsOf(IConfiguration configuration) =>
        configuration.GetSection(Section).GetSection("Egress:AllowedPrivateOrigins").Get<string[]>() ?? [];

    public static void Apply(
        BehalfOptions target,
        IConfiguration configuration,
        ServerOptions options,
        Listener listener,
        DatabaseChoice database
    )
    {
        IConfigurationSection section = configuration.GetSection(Section);
        target.PublicUrl = (options.PublicUrl ?? section["PublicUrl"] ?? listener.Urls[0].Url).TrimEnd('/');
        target.Node = section["Node"] ?? (database.IsPostgreSql ? database.NodeName : target.Node);
        target.ConnectorsFolder = options.ConnectorsFolder ?? section["ConnectorsFolder"] ?? ConnectorsFolder.Find();
        target.SpoolFolder = database.Folder.Spool;
        target.RefreshMargin = section.GetValue("RefreshMargin", target.RefreshMargin);
        target.TokenRequestTimeout = section.GetValue("TokenRequestTimeout", target.TokenRequestTimeout);
        target.RefreshTimeout = section.GetValue("RefreshTimeout", target.RefreshTimeout);
        target.DrainDelay = section.GetValue("DrainDelay", target.DrainDelay);
        target.LinkLifetime = section.GetValue("LinkLifetime", target.LinkLifetime);
        target.Proxy.MaxBytes = section.GetValue("Proxy:MaxBytes", target.Proxy.MaxBytes);
        target.Proxy.Timeout = section.GetValue("Proxy:Timeout", target.Proxy.Timeout);
        target.Proxy.IdleTimeout = section.GetValue("Proxy:IdleTimeout", target.Proxy.IdleTimeout);
        foreach ((string name, ScopeLimit limit) in ScopesOf(target.Limits))
        {
            limit.AtOnce = section.GetValue($"Limits:{name}:AtOnce", limit.AtOnce);
            limit.PerMinute = section.GetValue($"Limits:{name}:PerMinute", limit.PerMinute);
        }

        target.Mcp.KeepsSessions = section.GetValue("Mcp:KeepSessions", target.Mcp.KeepsSessions);
        McpClientOptions clients = target.McpClients;
        clients.Documents = section.GetValue("McpClients:Documents", clients.Documents);
        clients.DynamicRegistration = section.GetValue("McpClients:DynamicRegistration", clients.DynamicRegistration);
        Add(clients.AllowedHosts, section.GetSection("McpClients:AllowedHosts").Get<string[]>() ?? []);
        Add(clients.BlockedHosts, section.GetSection("McpClients:BlockedHosts").Get<string[]>() ?? []);
        Add(clients.RedirectSchemes, section.GetSection("McpClients:RedirectSchemes").Get<string[]>() ?? []);
        foreach (IConfigurationSection file in section.GetSection("McpClients:DocumentFiles").GetChildren())
        {
            clients.DocumentFiles[Needed(file, "Url")] = Needed(file, "File");
        }

        Add(target.AllowedPrivateOrigins, options.AllowedPrivateOrigins);
        Add(target.AllowedPrivateOrigins, AllowedPrivateOriginsOf(configuration));
        Add(target.TrustedProxies, section.GetSection("TrustedProxies").Get<string[]>() ?? []);
        Add(target.VerifyUrls, section.GetSection("VerifyUrls").Get<string[]>() ?? []);
    }

    public static void Apply(VaultOptions target, IConfiguration configuration, ServerOptions options)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        IEnumerable<string> further = options.FurtherRootKeys.Concat(
            section.GetSection("FurtherRootKeys").Get<string[]>() ?? []
        );
        Add(target.FurtherRootKeys, further.Select(DatabaseChoice.WithScheme));
    }

    /// <exception cref="StartupException">A value is out of its bounds; the message names it.</exception>
    public static void Apply(PostgreSqlStorageOptions target, IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        target.Heartbeat = section.GetValue("NodeHeartbeat", target.Heartbeat);
        target.DeadAfter = section.GetValue("NodeDeadAfter", target.DeadAfter);
        Within("NodeHeartbeat", target.Heartbeat, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Within("NodeDeadAfter", target.DeadAfter, target.Heartbeat * 3, TimeSpan.FromMinutes(10));
    }

    /// <exception cref="StartupException">A value is out of its bounds; the message names it.</exception>
    public static void Check(BehalfOptions options)
    {
        Within("RefreshMargin", options.RefreshMargin, TimeSpan.Zero, TimeSpan.FromHours(1));
        Within("TokenRequestTimeout", options.TokenRequestTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
        Within("RefreshTimeout", options.RefreshTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Within("DrainDelay", options.DrainDelay, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Within("LinkLifetime", options.LinkLifetime, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        Within("Proxy:Timeout", options.Proxy.Timeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Within("Proxy:IdleTimeout", options.Proxy.IdleTimeout, TimeSpan.FromSeconds(1), options.Proxy.Timeout);
        foreach ((string name, ScopeLimit limit) in ScopesOf(options.Limits))
        {
            if (limit is not { AtOnce: >= 1 and <= MostCalls, PerMinute: >= 0 and <= MostCalls })
            {
                throw new StartupException(
                    $"Behalf:Limits:{name} is {limit.AtOnce} at once and {limit.PerMinute} a minute; at once must be from 1 to {MostCalls}, a minute from 0 (no limit) to {MostCalls}."
                );
            }
        }

        foreach (string proxy in options.TrustedProxies)
        {
            TrustedProxies.Parse(proxy);
        }

        if (options.Proxy.MaxBytes is < MinProxyBytes or > MaxProxyBytes)
        {
            throw new StartupException(
                $"Behalf:Proxy:MaxBytes is {options.Proxy.MaxBytes}; it must be from {MinProxyBytes} to {MaxProxyBytes}."
            );
        }

        if (
            !Uri.TryCreate(options.PublicUrl, UriKind.Absolute, out Uri? uri)
            || uri.PathAndQuery != "/"
            || uri.UserInfo.Length > 0
            || (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        )
        {
            throw new StartupException(
                $"--public-url: \"{options.PublicUrl}\" is not an https origin (http is for loopback only), such as https://behalf.example."
            );
        }
    }

    private static (string Name, ScopeLimit Limit)[] ScopesOf(LimitOptions limits) =>
        [
            (nameof(limits.Environment), limits.Environment),
            (nameof(limits.Credential), limits.Credential),
            (nameof(limits.Identifier), limits.Identifier),
            (nameof(limits.Connection), limits.Connection),
            (nameof(limits.Host), limits.Host),
            (nameof(limits.Link), limits.Link),
        ];

    private static string Needed(IConfigurationSection section, string name) =>
        section[name] ?? throw new StartupException($"{section.Path}:{name} is missing.");

    private static void Within(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most)
        {
            throw new StartupException($"Behalf:{name} is {value}; it must be from {least} to {most}.");
        }
    }

    private static void Add(IList<string> target, IEnumerable<string> values)
    {
        foreach (string value in values.Where(value => !target.Contains(value)))
        {
            target.Add(value);
        }
    }
}
