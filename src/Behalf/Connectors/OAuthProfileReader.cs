using System.Text.RegularExpressions;
using Behalf.Connectors.Document;

namespace Behalf.Connectors;

/// <summary>Reads <c>oauth</c>. Durations are whole seconds.</summary>
internal static partial class OAuthProfileReader
{
    private static readonly Dictionary<string, ClientAuthentication> Authentications = new(StringComparer.Ordinal)
    {
        ["secret_post"] = ClientAuthentication.SecretPost,
        ["secret_basic"] = ClientAuthentication.SecretBasic,
        ["none"] = ClientAuthentication.None,
    };

    private static readonly Dictionary<string, OAuthGrant> Grants = new(StringComparer.Ordinal)
    {
        ["authorization_code"] = OAuthGrant.AuthorizationCode,
        ["client_credentials"] = OAuthGrant.ClientCredentials,
    };

    private static readonly Dictionary<string, RefreshRotation> Rotations = new(StringComparer.Ordinal)
    {
        ["none"] = RefreshRotation.None,
        ["rotating"] = RefreshRotation.Rotating,
    };

    /// <summary>What the authorization request itself sets (RFC 6749 §4.1.1, RFC 7636 §4.3); a profile cannot.</summary>
    private static readonly string[] ReservedParameters =
    [
        "client_id",
        "client_secret",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "response_mode",
    ];

    /// <param name="node">The mapping.</param>
    /// <param name="baseUrl">Stands for the origin where the profile names none.</param>
    public static OAuthProfile Read(DocumentNode node, Uri baseUrl)
    {
        Fields fields = new(node, "oauth");
        OAuthGrant grant = fields.Choice("grant", OAuthGrant.AuthorizationCode, Grants);
        OAuthProfile profile = new()
        {
            Grant = grant,
            Origin = fields.Optional("origin") is null
                ? new Uri(baseUrl.GetLeftPart(UriPartial.Authority))
                : DefinitionReader.HttpsOrigin(fields, "origin"),
            AuthorizePath =
                grant == OAuthGrant.ClientCredentials ? "/" : Endpoint(fields, fields.Text("authorize_path")),
            TokenPath = Endpoint(fields, fields.Text("token_path")),
            RevokePath = OptionalEndpoint(fields, "revoke_path"),
            RegistrationPath = OptionalEndpoint(fields, "registration_path"),
            ClientIdMetadata = fields.Flag("client_id_metadata"),
            Revocation = TokenHabitsReader.Revocation(fields.Optional("revocation")),
            Tokens = TokenHabitsReader.Read(fields.Optional("tokens")),
            RevokeToken = fields.OptionalText("revoke_token") switch
            {
                null or "refresh_token" => "refresh_token",
                "access_token" => "access_token",
                _ => throw new DefinitionFault(fields.Line, "'revoke_token' is refresh_token or access_token"),
            },
            IntrospectPath = OptionalEndpoint(fields, "introspect_path"),
            ClientAuthentication = fields.Choice(
                "client_authentication",
                ClientAuthentication.SecretPost,
                Authentications
            ),
            Pkce = fields.Flag("pkce", otherwise: true),
            TokenHeader = fields.OptionalText("token_header") is { } header
                ? TokenHeader().IsMatch(header)
                    ? header
                    : throw new DefinitionFault(
                        fields.Line,
                        "'token_header' is Authorization or a name that begins with X-"
                    )
                : "Authorization",
            TokenPrefix = fields.OptionalText("token_prefix") is { } prefix
                ? TokenPrefix().IsMatch(prefix)
                    ? prefix
                    : throw new DefinitionFault(fields.Line, "'token_prefix' is a word and a space, or empty")
                : "Bearer ",
            ScopeSeparator = fields.OptionalText("scope_separator") ?? " ",
            ScopeParameter = ScopeParameter(fields),
            HasScopes = fields.Flag("has_scopes", otherwise: true),
            DefaultScopes = ScopeSet.Of(fields.Words("default_scopes")),
            FullScope = fields.OptionalText("full_scope"),
            AuthorizeParameters = Parameters(fields),
            Rotation = fields.Choice("rotation", RefreshRotation.None, Rotations),
            RotationGrace = Seconds(fields, "rotation_grace", 0),
            DefaultAccessLifetime = OptionalSeconds(fields, "default_access_lifetime"),
            RefreshIdleLifetime = OptionalSeconds(fields, "refresh_idle_lifetime", least: 60),
            CodeLifetime = Seconds(fields, "code_lifetime", 300),
            Issuer = fields.OptionalText("issuer"),
            IssuerOptional = fields.Flag("issuer_optional"),
            IdentityIdPath = fields.OptionalText("identity_id_path"),
            IdentityNamePath = fields.OptionalText("identity_name_path"),
            UserPath = UserPath(fields),
            UserIdPath = fields.OptionalText("user_id_path"),
            UserNamePath = fields.OptionalText("user_name_path"),
            UserJson = fields.Optional("user_json")?.ToJson()?.ToJsonString(),
            RejectsBeforeEffect = fields.Flag("rejects_before_effect"),
        };
        fields.End();
        return profile;
    }

    private static string ScopeParameter(Fields fields) =>
        fields.OptionalText("scope_parameter") is not { } name ? "scope"
        : ReservedParameters.Except(["scope"]).Contains(name, StringComparer.OrdinalIgnoreCase)
        || !ParameterName().IsMatch(name)
            ? throw new DefinitionFault(fields.Line, $"'{name}' cannot carry scopes")
        : name;

    /// <summary>A path, with a literal query where the provider needs one.</summary>
    private static string? UserPath(Fields fields)
    {
        if (fields.OptionalText("user_path") is not { } text)
        {
            return null;
        }

        string[] parts = text.Split('?', 2);
        Path(fields, parts[0]);
        return parts.Length == 1 || Query().IsMatch(parts[1])
            ? text
            : throw new DefinitionFault(fields.Line, $"'{text}' is not a path with a plain query");
    }

    private static string? OptionalEndpoint(Fields fields, string key) =>
        fields.OptionalText(key) is { } path ? Endpoint(fields, path) : null;

    /// <summary>A path, or an https address at another origin of the provider; a segment may be <c>{client_id}</c>.</summary>
    private static string Endpoint(Fields fields, string text)
    {
        if (!text.StartsWith("https://", StringComparison.Ordinal))
        {
            Path(fields, text.Replace("/{client_id}", "/x", StringComparison.Ordinal));
            return text;
        }

        string plain = text.Replace("/{client_id}", "/x", StringComparison.Ordinal);
        return UrlPattern.TryParse(plain, out UrlPattern? address) && address.Slots.Count == 0
            ? text
            : throw new DefinitionFault(fields.Line, $"'{text}' is not an https address");
    }

    private static TimeSpan Seconds(Fields fields, string key, int otherwise, int least = 0) =>
        TimeSpan.FromSeconds(fields.Number(key, otherwise, least, 366 * 24 * 3600));

    private static TimeSpan? OptionalSeconds(Fields fields, string key, int least = 0) =>
        fields.Optional(key) is null ? null : Seconds(fields, key, least, least);

    private static Dictionary<string, string> Parameters(Fields fields) =>
        fields
            .Entries("authorize_parameters")
            .ToDictionary(
                entry =>
                    ReservedParameters.Contains(entry.Key, StringComparer.OrdinalIgnoreCase)
                        ? throw new DefinitionFault(
                            entry.Line,
                            $"'{entry.Key}' is set by the authorization request itself"
                        )
                        : entry.Key,
                entry => Fields.TextOf(entry.Value, entry.Key),
                StringComparer.Ordinal
            );

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    internal static partial Regex ParameterName();

    [GeneratedRegex("^[A-Za-z0-9=&._~,-]{1,200}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Query();

    [GeneratedRegex(
        "^(Authorization|X-[A-Za-z0-9-]{1,60})$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex TokenHeader();

    [GeneratedRegex(
        "^([A-Za-z]{1,20} )?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex TokenPrefix();

    private static string Path(Fields fields, string path) =>
        path.StartsWith('/')
        && !path.StartsWith("//", StringComparison.Ordinal)
        && path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.' or '~')
            ? path
            : throw new DefinitionFault(fields.Line, $"'{path}' is not a path below the OAuth origin");
}
