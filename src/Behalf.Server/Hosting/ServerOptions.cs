namespace Behalf.Server.Hosting;

/// <summary>What one server process is started with.</summary>
public sealed record ServerOptions
{
    /// <value>Database, keys, credentials, certificates and <c>server.json</c>; made with mode 0700 when missing.</value>
    public required string DataFolder { get; init; }

    /// <value>Connection string of a PostgreSQL that several nodes share. Null: SQLite in the data folder.</value>
    public string? Database { get; init; }

    /// <value>
    /// Addresses to listen on; port 0 takes a free one. Cleartext only on loopback. Default: <c>http://127.0.0.1:8080</c>.
    /// </value>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:8080"];

    /// <value>Null: the first bound address.</value>
    public string? PublicUrl { get; init; }

    /// <value>Null: the folder <c>connectors</c> beside the program, in the working folder or above the program.</value>
    public string? ConnectorsFolder { get; init; }

    /// <value>PEM (certificate and key) or PFX. Null: a development certificate is made when an https address asks for one.</value>
    public string? CertificateFile { get; init; }

    /// <value>
    /// The root key: a file's path or a name such as <c>aws-kms:alias/behalf</c>. Null: <c>root.key</c> in the data folder, or
    /// the environment's.
    /// </value>
    public string? RootKey { get; init; }

    /// <value>Root keys that unwrap but do not wrap: the one before, or the one to come.</value>
    public IReadOnlyList<string> FurtherRootKeys { get; init; } = [];

    public IReadOnlyList<string> AllowedPrivateOrigins { get; init; } = [];

    /// <value>Null: the least that is worth a line.</value>
    public LogLevel? LogLevel { get; init; }

    /// <value>The process is for this server alone: it may take a second core to start, and collect its memory.</value>
    public bool OwnsProcess { get; init; }

    /// <value>Another clock, for tests.</value>
    public TimeProvider? Time { get; init; }

    /// <value>Runs last and may replace what the rooms registered, for tests.</value>
    public Action<IServiceCollection>? ConfigureServices { get; init; }
}
