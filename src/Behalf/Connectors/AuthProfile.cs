namespace Behalf.Connectors;

/// <summary>How a connected account's credential comes about. Numbers as stored with a connection.</summary>
public enum CredentialKind
{
    OAuth = 1,
    ApiKey = 2,
    Bearer = 3,

    /// <summary>User name and password (RFC 7617).</summary>
    Basic = 4,

    /// <summary>The provider asks for none; connecting only says that the user agrees.</summary>
    None = 5,

    /// <summary>Id and secret of an OAuth client of the user's own, exchanged for access tokens (RFC 6749 §4.4).</summary>
    ClientCredentials = 6,
}

/// <summary>What a person is asked for, and how it is put on a request.</summary>
public sealed record AuthProfile
{
    public static AuthProfile OAuth { get; } =
        new()
        {
            Kind = CredentialKind.OAuth,
            Header = AuthorizationHeader,
            Prefix = BearerPrefix,
        };

    internal const string AuthorizationHeader = "Authorization";
    internal const string BearerPrefix = "Bearer ";
    internal const string BasicPrefix = "Basic ";

    internal static IReadOnlyList<CredentialField> ClientFields { get; } =
    [
        new("client", "Client id", null, IsSecret: false, IsRequired: true),
        new("client_key", "Client secret", null, IsSecret: true, IsRequired: true),
    ];

    /// <value>Two parts that travel as one text, joined by a colon.</value>
    public bool IsPair => Kind is CredentialKind.Basic or CredentialKind.ClientCredentials;

    /// <value>What the credential is made of, in order.</value>
    public IEnumerable<CredentialField> Parts => Fields.Where(asked => !asked.IsSetting);

    public required CredentialKind Kind { get; init; }

    /// <value>Null: not in a header.</value>
    public string? Header { get; init; }

    /// <value>With its space, such as <c>Bearer </c>.</value>
    public string Prefix { get; init; } = "";

    /// <value>The query parameter that carries it instead of a header.</value>
    public string? QueryParameter { get; init; }

    /// <value>
    /// Besides settings: empty for OAuth and none; one for API key and bearer; user name and password for basic; id and
    /// secret for client credentials.
    /// </value>
    public IReadOnlyList<CredentialField> Fields { get; init; } = [];
}

/// <param name="Name"><c>[a-z][a-z0-9_]{0,39}</c>.</param>
/// <param name="Label">For people.</param>
/// <param name="Hint">Where to find it; null: nothing to say.</param>
/// <param name="IsSecret">Typed unseen.</param>
/// <param name="IsRequired">False: may be left empty.</param>
public sealed record CredentialField(string Name, string Label, string? Hint, bool IsSecret, bool IsRequired)
{
    /// <value>True: not part of the credential but a slot of the base URL, such as a subdomain.</value>
    public bool IsSetting { get; init; }
}

/// <summary>What a catalogue shows of a connector beside its name and description.</summary>
public sealed record ConnectorListing
{
    public static ConnectorListing None { get; } = new();

    /// <value>https.</value>
    public string? Icon { get; init; }

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <value>Of the application's own; never read by us.</value>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <value>Whether a connection of it may be called by path.</value>
    public bool Proxy { get; init; } = true;

    /// <value>Kept for the catalogue; not called.</value>
    public string? UserInfoUrl { get; init; }
}
