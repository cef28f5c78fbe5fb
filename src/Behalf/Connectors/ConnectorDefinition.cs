using System.Text.Json.Nodes;
using Behalf.Connectors.Operations;

namespace Behalf.Connectors;

/// <summary>A provider's definition: OAuth profile and tools. Immutable; its identity is the SHA-256 of its document.</summary>
public sealed record ConnectorDefinition
{
    private readonly AuthProfile? _typed;

    /// <value>64 lower-case hexadecimal characters.</value>
    public required string Revision { get; init; }

    /// <value><c>[a-z0-9]{1,20}</c>, such as the folder's name.</value>
    public required string Slug { get; init; }

    /// <value>The provider's name for people.</value>
    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <value>Default base URL of the API.</value>
    public required Uri BaseUrl { get; init; }

    /// <value>What base URLs of connections must match; null: <see cref="BaseUrl"/> is the usual one, and others are taken.</value>
    public UrlPattern? BasePattern { get; init; }

    /// <value>Null: all accounts of a connection are at its base URL.</value>
    public AccountUrlRule? AccountUrl { get; init; }

    /// <value>Where <see cref="Auth"/> is not OAuth: <see cref="OAuthProfile.Unused"/>.</value>
    public required OAuthProfile OAuth { get; init; }

    public AuthProfile Auth
    {
        get =>
            _typed
            ?? AuthProfile.OAuth with
            {
                Header = OAuth.TokenHeader,
                Prefix = OAuth.TokenPrefix,
                Kind = OAuth.IsTyped ? CredentialKind.ClientCredentials : CredentialKind.OAuth,
                Fields = OAuth.IsTyped ? AuthProfile.ClientFields : [],
            };
        init => _typed = value.Kind == CredentialKind.OAuth ? null : value;
    }

    public ConnectorListing Listing { get; init; } = ConnectorListing.None;

    /// <value>Null: its tools are requests of an API.</value>
    public Remote.RemoteServer? Remote { get; init; }

    /// <value>In the order of the document, which is the order shown to a model.</value>
    public required IReadOnlyList<ToolDefinition> Tools { get; init; }

    /// <value>The provider's API as far as it is described; what is not in it counts as a write.</value>
    public OperationTable Operations { get; init; } = OperationTable.Empty;

    /// <value>Named procedures that tools share (look-ups by name and the like), as validated trees.</value>
    public required IReadOnlyDictionary<string, Procedure> Procedures { get; init; }

    /// <value>What holds for every request: paging, errors, headers.</value>
    internal Steps.ProviderRules Rules { get; init; } = Steps.ProviderRules.Default;

    /// <value>Stands before every request's path; empty, or from a slash to no slash.</value>
    internal string BasePath { get; init; } = "";

    /// <summary>The tool of this name, exactly, or the tool it is another name of.</summary>
    public (ToolDefinition Tool, ToolAlias? Alias)? Find(string name)
    {
        foreach (ToolDefinition tool in Tools)
        {
            if (tool.Name == name)
            {
                return (tool, null);
            }

            for (int i = 0; i < tool.Aliases.Count; i++)
            {
                if (tool.Aliases[i].Name == name)
                {
                    return (tool, tool.Aliases[i]);
                }
            }
        }

        return null;
    }
}

/// <summary>How the provider's OAuth server behaves (RFC 6749 and its known departures).</summary>
public sealed record OAuthProfile
{
    /// <value>Default origin of the endpoints below.</value>
    public required Uri Origin { get; init; }

    public OAuthGrant Grant { get; init; } = OAuthGrant.AuthorizationCode;

    /// <value>
    /// Paths below the connection's OAuth origin, or https addresses at other origins of the provider (see
    /// <c>OAuthEndpoints</c>).
    /// </value>
    public required string AuthorizePath { get; init; }

    public required string TokenPath { get; init; }

    /// <value>Null: the provider has no revocation endpoint.</value>
    public string? RevokePath { get; init; }

    /// <value><c>refresh_token</c> or <c>access_token</c>: which one the revocation endpoint takes.</value>
    public string RevokeToken { get; init; } = "refresh_token";

    public string? IntrospectPath { get; init; }

    public ClientAuthentication ClientAuthentication { get; init; } = ClientAuthentication.SecretPost;

    public bool Pkce { get; init; } = true;

    /// <value>The header that carries the access token to the API (RFC 6750 §2.1).</value>
    public string TokenHeader { get; init; } = "Authorization";

    /// <value>What stands before the token in it, its space included.</value>
    public string TokenPrefix { get; init; } = "Bearer ";

    public string ScopeSeparator { get; init; } = " ";

    /// <value>Where a client registers itself (RFC 7591), as the other endpoints; null: nowhere.</value>
    public string? RegistrationPath { get; init; }

    /// <value>True: a client id may be the address of a document about the client.</value>
    public bool ClientIdMetadata { get; init; }

    /// <value>True: a connection needs no client that somebody registered.</value>
    public bool RegistersClients => ClientIdMetadata || RegistrationPath is not null;

    /// <value>The parameter of the authorization request that carries the scopes.</value>
    public string ScopeParameter { get; init; } = "scope";

    /// <value>False: the provider knows no scopes; what a grant covers, only its answers tell.</value>
    public bool HasScopes { get; init; } = true;

    public TokenHabits Tokens { get; init; } = TokenHabits.Standard;

    public RevocationHabits Revocation { get; init; } = RevocationHabits.Standard;

    /// <value>Asked for when a connection names none.</value>
    public required ScopeSet DefaultScopes { get; init; }

    /// <value>A scope that stands for all others, such as <c>default</c>; null: none.</value>
    public string? FullScope { get; init; }

    public IReadOnlyDictionary<string, string> AuthorizeParameters { get; init; } = new Dictionary<string, string>();

    public RefreshRotation Rotation { get; init; } = RefreshRotation.None;

    /// <value>How long a superseded refresh token still works, when the provider says so.</value>
    public TimeSpan RotationGrace { get; init; }

    /// <value>Assumed when the answer holds no <c>expires_in</c>; null: only a 401 tells.</value>
    public TimeSpan? DefaultAccessLifetime { get; init; }

    /// <value>How long a refresh token lives that nobody uses; null: the provider states none.</value>
    public TimeSpan? RefreshIdleLifetime { get; init; }

    /// <value>How long an authorization code may wait for verification.</value>
    public TimeSpan CodeLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <value>Expected <c>iss</c> of the authorization response (RFC 9207); null: it is not looked at.</value>
    public string? Issuer { get; init; }

    /// <value>True: the provider does not announce that it sends <c>iss</c>. It may be missing, but not differ.</value>
    public bool IssuerOptional { get; init; }

    /// <value>Dotted paths into the token answer: the provider's own user id, and a name for people.</value>
    public string? IdentityIdPath { get; init; }

    public string? IdentityNamePath { get; init; }

    /// <value>
    /// A path below the connection's base URL that tells whose token it is, with the same two paths into its answer; null:
    /// only a token answer tells.
    /// </value>
    public string? UserPath { get; init; }

    /// <value>Paths into that answer where they differ from the token answer's.</value>
    public string? UserIdPath { get; init; }

    public string? UserNamePath { get; init; }

    /// <value>The JSON posted to <see cref="UserPath"/>; null: it is read by GET.</value>
    public string? UserJson { get; init; }

    /// <value>True: a 401 or 429 means that a write did not take effect.</value>
    public bool RejectsBeforeEffect { get; init; }

    /// <value>False: the connector's credentials are not granted but typed in; nothing is authorized, renewed or revoked.</value>
    public bool IsUsed { get; init; } = true;

    /// <value>True: a person types something in instead of consenting at the provider.</value>
    public bool IsTyped => !IsUsed || Grant == OAuthGrant.ClientCredentials;

    /// <summary>The profile of a connector without OAuth: no scopes, no endpoints.</summary>
    public static OAuthProfile Unused(Uri baseUrl) =>
        new()
        {
            Origin = new Uri(baseUrl.GetLeftPart(UriPartial.Authority)),
            AuthorizePath = "/",
            TokenPath = "/",
            DefaultScopes = ScopeSet.Empty,
            ClientAuthentication = ClientAuthentication.None,
            Pkce = false,
            IsUsed = false,
        };
}

public enum OAuthGrant
{
    /// <summary>RFC 6749 §4.1.</summary>
    AuthorizationCode = 1,

    /// <summary>RFC 6749 §4.4, with a client of the user's own: its id and secret are what is typed in.</summary>
    ClientCredentials = 2,
}

public enum ClientAuthentication
{
    /// <summary><c>client_secret_post</c> (RFC 6749 §2.3.1).</summary>
    SecretPost = 1,

    /// <summary><c>client_secret_basic</c>.</summary>
    SecretBasic = 2,

    /// <summary>A public client.</summary>
    None = 3,
}

public enum RefreshRotation
{
    None = 1,

    /// <summary>Each refresh gives a new refresh token and ends the old one.</summary>
    Rotating = 2,
}

[Flags]
public enum ToolHints
{
    None = 0,
    ReadOnly = 1,
    Destructive = 2,
    Idempotent = 4,

    /// <summary>Changes who can see something.</summary>
    ChangesAccess = 8,
}

/// <summary>One tool, as a model sees it and as it is carried out.</summary>
public sealed record ToolDefinition
{
    /// <value>Without the connection's prefix, such as <c>create_task</c>.</value>
    public required string Name { get; init; }

    public required string Title { get; init; }

    public required string Description { get; init; }

    /// <value>JSON Schema (the subset of <c>docs/connector-format.md</c>), closed: unknown properties are refused.</value>
    public required JsonObject InputSchema { get; init; }

    /// <value>All of these, or the profile's full scope, must be granted.</value>
    public required ScopeSet NeededScopes { get; init; }

    public required ToolHints Hints { get; init; }

    /// <value>A group for people, such as <c>tasks</c>.</value>
    public required string Category { get; init; }

    /// <value>Of name, description and schema; what an approval pins.</value>
    public required string Hash { get; init; }

    public required Procedure Procedure { get; init; }

    /// <value>Other names with parameters of their own; the first of a style is the one shown.</value>
    public IReadOnlyList<ToolAlias> Aliases { get; init; } = [];

    /// <value>Its own name, then the other ones.</value>
    public IEnumerable<string> Names => Aliases.Select(alias => alias.Name).Prepend(Name);

    /// <value>False: not in a model's list unless it is asked for by name or by words.</value>
    public bool IsDefault { get; init; } = true;

    /// <value>The schema as it is checked; null only for definitions that were not read from a document.</value>
    internal Schemas.InputSchema? Input { get; init; }

    internal Steps.PageRule? Page { get; init; }

    /// <value>Requests of the provider's API that its arguments hold; null: none.</value>
    internal Steps.CarriedRequests? Carries { get; init; }

    internal Steps.RetryClass Retry { get; init; } = Steps.RetryClass.Never;

    /// <value>The version it was read from, when an environment defined it; null: the connector's own.</value>
    public Custom.CustomTool? Custom { get; init; }

    public bool Writes => !Hints.HasFlag(ToolHints.ReadOnly);

    /// <summary>Whether a grant allows this tool.</summary>
    public bool IsGrantedBy(ScopeSet granted, OAuthProfile profile) =>
        granted.Covers(NeededScopes) || (profile.FullScope is { } full && granted.Contains(full));
}

/// <summary>The steps of a tool or of a named look-up, and the tree that shapes the answer; interpreted by the Tools room.</summary>
public sealed record Procedure
{
    internal Steps.CompiledProcedure Compiled { get; init; } = new([], null);
}

/// <summary>The definitions there are. A revision never changes, so it may be kept in memory.</summary>
public interface IConnectorCatalog
{
    /// <summary>The newest revision of each connector, in the order of slugs.</summary>
    /// <param name="environment">Whose own connectors are among them; null: the bundled ones alone.</param>
    Task<IReadOnlyList<ConnectorDefinition>> ListAsync(EnvironmentId? environment, CancellationToken cancellationToken);

    /// <param name="environment">Whose own connector it may be; null: a bundled one.</param>
    Task<ConnectorDefinition?> FindLatestAsync(
        EnvironmentId? environment,
        string slug,
        CancellationToken cancellationToken
    );

    /// <exception cref="InvalidOperationException">A connection pins a revision that is not stored.</exception>
    ValueTask<ConnectorDefinition> GetAsync(string revision, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the bundled folders' definitions at start; equal documents are stored once. What is stored was read and
    /// checked before it was, and is read again when it is first used.
    /// </summary>
    Task SeedAsync(CancellationToken cancellationToken);

    /// <summary>Reads what connections pin, so that no caller has to wait for it. Logs what this version cannot read.</summary>
    Task WarmAsync(CancellationToken cancellationToken);

    /// <summary>Parses and checks a definition without storing it.</summary>
    Result<ConnectorDefinition> Read(string yaml);
}

/// <summary>Definitions by hash. Rows are never changed or removed; which one an environment's own connector has may change.</summary>
public interface IConnectorRevisionStore
{
    Task PutAsync(string revision, string slug, string document, string origin, CancellationToken cancellationToken);

    Task<string?> FindAsync(string revision, CancellationToken cancellationToken);

    /// <returns>(slug, revision) of the newest of each bundled one.</returns>
    Task<IReadOnlyList<(string Slug, string Revision)>> ListLatestAsync(CancellationToken cancellationToken);

    /// <returns>The revisions that connections pin, of every environment.</returns>
    Task<IReadOnlyList<string>> ListPinnedAsync(CancellationToken cancellationToken);

    /// <returns>(slug, revision) of the environment's own connectors as they are now.</returns>
    Task<IReadOnlyList<(string Slug, string Revision)>> ListOwnAsync(
        EnvironmentId environment,
        CancellationToken cancellationToken
    );

    /// <summary>Stores the revision and makes it the environment's own connector of this slug.</summary>
    /// <param name="expected">The revision it has now; null: the environment has no such connector.</param>
    /// <returns>False when it has another (or none).</returns>
    Task<bool> SetOwnAsync(
        EnvironmentId environment,
        string slug,
        string? expected,
        string revision,
        string document,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <returns>Null when it was removed; else <c>not_found</c>, or <c>in_use</c> while a connection has it.</returns>
    Task<string?> RemoveOwnAsync(
        EnvironmentId environment,
        string slug,
        Traces traces,
        CancellationToken cancellationToken
    );
}
