using Behalf.Vault;

namespace Behalf.Connections;

/// <summary>A connector configured in an environment with its own OAuth client.</summary>
public sealed record Connection
{
    public required EnvironmentId Environment { get; init; }

    public required ConnectionId Id { get; init; }

    /// <value>Unique in the environment.</value>
    public required ConnectionName Name { get; init; }

    /// <value>The connector's slug.</value>
    public required string Connector { get; init; }

    /// <value>As the pinned revision has it; a revision of another kind is never pinned in its place.</value>
    public Connectors.CredentialKind Kind { get; init; } = Connectors.CredentialKind.OAuth;

    /// <value>The pinned revision: SHA-256 of the definition's document.</value>
    public required string ConnectorRevision { get; init; }

    /// <value>Unique in the environment, <c>[a-z0-9_]{1,20}</c>; tool names begin with it and an underscore.</value>
    public required string ToolPrefix { get; init; }

    /// <value>The origin (and base path) the API is called at.</value>
    public required Uri BaseUrl { get; init; }

    /// <value>The origin of the OAuth endpoints.</value>
    public required Uri OAuthUrl { get; init; }

    /// <value>Null for connectors without an OAuth client.</value>
    public string? ClientId { get; init; }

    public byte[]? ClientSecretSealed { get; init; }

    /// <value>The scopes asked for at every authorization, always the full set.</value>
    public required ScopeSet Scopes { get; init; }

    /// <value>Tool name patterns (<c>*</c> at the end only) that are offered; null offers all.</value>
    public IReadOnlyList<string>? AllowedTools { get; init; }

    /// <value>Null: by who calls (<see cref="ProxyModes.ProxyModeFor"/>).</value>
    public ProxyMode? Proxy { get; init; }

    /// <value>Grows with every change of what is allowed; a call started on an older one is refused.</value>
    public required long PolicyRevision { get; init; }

    public required bool Enabled { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required long RowVersion { get; init; }

    public SealPlace ClientSecretPlace => new(Environment, Id, Id.Value, SealedFields.ClientSecret);
}

/// <summary>What an operator or service client asks for; defaults come from the connector.</summary>
public sealed record NewConnection
{
    public required string Connector { get; init; }

    public ConnectionName? Name { get; init; }

    public string? ClientId { get; init; }

    public Secret? ClientSecret { get; init; }

    /// <value>True: the OAuth client follows later; until then nobody can connect.</value>
    public bool WithoutClient { get; init; }

    /// <value>True: a secret is stored already and stays.</value>
    internal bool KeepsSecret { get; init; }

    public ScopeSet? Scopes { get; init; }

    public Uri? BaseUrl { get; init; }

    public Uri? OAuthUrl { get; init; }

    public string? ToolPrefix { get; init; }

    public IReadOnlyList<string>? AllowedTools { get; init; }

    public ProxyMode? Proxy { get; init; }
}

/// <param name="RedirectUri">To register at the provider, exactly.</param>
public sealed record ConnectionView(Connection Connection, string ConnectorName, Uri RedirectUri);
