namespace Behalf.Connectors;

/// <summary>How a provider's token endpoint departs from RFC 6749 §4.1.3 and §5, beyond the profile's own fields.</summary>
public sealed record TokenHabits
{
    public static TokenHabits Standard { get; } = new();

    /// <value>True: the request's body is JSON instead of a form.</value>
    public bool JsonRequest { get; init; }

    /// <value>True: the answer may be form-encoded.</value>
    public bool FormAnswer { get; init; }

    /// <value>Sent with every token request; literal.</value>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <value>Added to every token request; literal.</value>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <value>A property of the answer whose object holds the tokens when it is there; null: the answer itself.</value>
    public string? Object { get; init; }

    /// <value>What <c>token_type</c> may say.</value>
    public IReadOnlyList<string> Types { get; init; } = ["bearer"];

    /// <value>Between the scopes of an answer; null: as in the request.</value>
    public string? ScopeSeparator { get; init; }

    /// <value>The provider's own codes for <c>invalid_grant</c>: the user's grant is gone.</value>
    public IReadOnlyList<string> GrantErrors { get; init; } = [];

    /// <value>The provider's own codes for <c>invalid_client</c>: the OAuth client is wrong.</value>
    public IReadOnlyList<string> ClientErrors { get; init; } = [];

    /// <value>
    /// Names of facts and the dotted paths they are read at in the answer; kept sealed with the credential, and seen by
    /// expressions as <c>account.kept</c>. Never a token.
    /// </value>
    public IReadOnlyDictionary<string, string> Keep { get; init; } = new Dictionary<string, string>();
}

/// <summary>How a provider takes a token back, where not as RFC 7009 says.</summary>
public sealed record RevocationHabits
{
    public static RevocationHabits Standard { get; } = new();

    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <value>The parameter that carries the token; null: none does.</value>
    public string? Parameter { get; init; } = "token";

    public bool JsonRequest { get; init; }

    public RevocationCredential Credential { get; init; } = RevocationCredential.Client;
}

public enum RevocationCredential
{
    /// <summary>As at the token endpoint.</summary>
    Client = 1,

    /// <summary>The client by Basic, whatever the token endpoint takes.</summary>
    ClientBasic = 2,

    /// <summary>The token itself, as a bearer token.</summary>
    Token = 3,
}

/// <summary>A base URL that each account has for itself.</summary>
/// <param name="Kept">The kept fact that is the URL; null: the slots of <paramref name="Patterns"/> are filled with kept facts.</param>
/// <param name="Patterns">What it must match; for slots exactly one.</param>
public sealed record AccountUrlRule(string? Kept, IReadOnlyList<UrlPattern> Patterns);
