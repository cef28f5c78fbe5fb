namespace Behalf.Identity;

public enum PrincipalKind
{
    /// <summary>An API client of an environment: may name identifiers inside its environment and limits.</summary>
    ServiceClient = 1,

    /// <summary>Bound to one identifier by the service client that minted it; lives at most fifteen minutes.</summary>
    UserSession = 2,

    /// <summary>Environments, keys, clients, settings, retention; never execute, proxy or read-back.</summary>
    Operator = 3,

    /// <summary>Bound to one identifier at one virtual MCP server, by the service client that minted its token.</summary>
    McpSession = 4,

    /// <summary>Someone who signed in here, through an MCP client that the person allowed: bound to the one identifier.</summary>
    Person = 5,
}

/// <summary>What a credential is limited to; null means no limit of that kind.</summary>
/// <param name="Connections">Connection names.</param>
/// <param name="Tools">Tool names.</param>
public sealed record CredentialLimits(IReadOnlySet<string>? Connections, IReadOnlySet<string>? Tools)
{
    /// <value>
    /// By connection name, the only tools that may be called there. A connection that is not a key has no such limit; null:
    /// none has.
    /// </value>
    public IReadOnlyDictionary<string, IReadOnlySet<string>>? ToolsOf { get; init; }

    /// <value>True: only tools with the read-only annotation.</value>
    public bool ReadOnly { get; init; }

    public static CredentialLimits None { get; } = new(null, null);

    public bool AllowsConnection(string name) => Connections is null || Connections.Contains(name);

    public bool AllowsTool(string connection, string name) =>
        (Tools is null || Tools.Contains(name))
        && (ToolsOf?.GetValueOrDefault(connection) is not { } only || only.Contains(name));

    /// <summary>The narrower of two: a credential can only be narrowed.</summary>
    public CredentialLimits Narrow(CredentialLimits other) =>
        new(Intersect(Connections, other.Connections), Intersect(Tools, other.Tools))
        {
            ToolsOf = Merge(ToolsOf, other.ToolsOf),
            ReadOnly = ReadOnly || other.ReadOnly,
        };

    private static IReadOnlyDictionary<string, IReadOnlySet<string>>? Merge(
        IReadOnlyDictionary<string, IReadOnlySet<string>>? left,
        IReadOnlyDictionary<string, IReadOnlySet<string>>? right
    ) =>
        left is null ? right
        : right is null ? left
        : left
            .Keys.Union(right.Keys, StringComparer.Ordinal)
            .ToDictionary(
                name => name,
                name => Intersect(left.GetValueOrDefault(name), right.GetValueOrDefault(name))!,
                StringComparer.Ordinal
            );

    private static IReadOnlySet<string>? Intersect(IReadOnlySet<string>? left, IReadOnlySet<string>? right) =>
        left is null ? right
        : right is null ? left
        : left.Where(right.Contains).ToHashSet(StringComparer.Ordinal);
}

/// <summary>An authenticated caller. Made only by Identity; its authority is read again when a call starts.</summary>
public sealed class Principal
{
    internal Principal() { }

    public required PrincipalKind Kind { get; init; }

    /// <value>The environment of the credential; null for an operator, who names one.</value>
    public required EnvironmentId? Environment { get; init; }

    /// <value>The public client id, as it stands in the audit.</value>
    public required string ClientId { get; init; }

    /// <value>A name for people: the client's display name.</value>
    public required string DisplayName { get; init; }

    /// <value>The API client's row: the caller itself, or the client that minted the session.</value>
    public required ApiClientId? Client { get; init; }

    /// <value>The client's epoch when the token was issued.</value>
    public required long ClientEpoch { get; init; }

    /// <value>The client's, of which <see cref="Limits"/> were read: a call does not start on others.</value>
    public long LimitsRevision { get; init; } = ApiClient.FirstLimitsRevision;

    public UserSessionId? Session { get; init; }

    /// <value>What a person allowed the client; null for the others.</value>
    public GrantId? Grant { get; init; }

    /// <value>The one identifier of a user-bound caller; null for the others.</value>
    public Identifier? Subject { get; init; }

    /// <value>The user's incarnation and epoch when the session was minted.</value>
    public UserEpoch? SubjectEpoch { get; init; }

    public CredentialLimits Limits { get; init; } = CredentialLimits.None;

    /// <value>True: acts for <see cref="Subject"/> and nobody else.</value>
    public bool IsBoundToUser => Kind is PrincipalKind.UserSession or PrincipalKind.McpSession or PrincipalKind.Person;

    /// <summary>The same caller, under the name that people know it by.</summary>
    internal Principal Named(string displayName) => Copy(displayName, Limits);

    /// <summary>The same caller, limited further.</summary>
    internal Principal Within(CredentialLimits limits) => Copy(DisplayName, Limits.Narrow(limits));

    private Principal Copy(string displayName, CredentialLimits limits) =>
        new()
        {
            Kind = Kind,
            Environment = Environment,
            ClientId = ClientId,
            DisplayName = displayName,
            Client = Client,
            ClientEpoch = ClientEpoch,
            LimitsRevision = LimitsRevision,
            Session = Session,
            Grant = Grant,
            Subject = Subject,
            SubjectEpoch = SubjectEpoch,
            Limits = limits,
        };
}

/// <param name="Incarnation">Grows when a deleted user is created anew: the new one inherits nothing.</param>
/// <param name="Epoch">Grows when the user is signed out everywhere: older tokens end.</param>
public readonly record struct UserEpoch(long Incarnation, long Epoch);
