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

    public static OAuthProfile Read(DocumentNode node)
    {
        Fields fields = new(node, "oauth");
        OAuthProfile profile = new()
        {
            Origin = DefinitionReader.HttpsOrigin(fields, "origin"),
            AuthorizePath = Path(fields, fields.Text("authorize_path")),
            TokenPath = Path(fields, fields.Text("token_path")),
            RevokePath = OptionalPath(fields, "revoke_path"),
            RevokeToken = fields.OptionalText("revoke_token") switch
            {
                null or "refresh_token" => "refresh_token",
                "access_token" => "access_token",
                _ => throw new DefinitionFault(fields.Line, "'revoke_token' is refresh_token or access_token"),
            },
            IntrospectPath = OptionalPath(fields, "introspect_path"),
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
            DefaultScopes = ScopeSet.Of(fields.Words("default_scopes")),
            FullScope = fields.OptionalText("full_scope"),
            AuthorizeParameters = Parameters(fields),
            Rotation = fields.Choice("rotation", RefreshRotation.None, Rotations),
            RotationGrace = Seconds(fields, "rotation_grace", 0),
            DefaultAccessLifetime = fields.Optional("default_access_lifetime") is null
                ? null
                : Seconds(fields, "default_access_lifetime", 0),
            CodeLifetime = Seconds(fields, "code_lifetime", 300),
            Issuer = fields.OptionalText("issuer"),
            IdentityIdPath = fields.OptionalText("identity_id_path"),
            IdentityNamePath = fields.OptionalText("identity_name_path"),
            UserPath = OptionalPath(fields, "user_path"),
            RejectsBeforeEffect = fields.Flag("rejects_before_effect"),
        };
        fields.End();
        return profile;
    }

    private static TimeSpan Seconds(Fields fields, string key, int otherwise) =>
        TimeSpan.FromSeconds(fields.Number(key, otherwise, 0, 366 * 24 * 3600));

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

    private static string? OptionalPath(Fields fields, string key) =>
        fields.OptionalText(key) is { } path ? Path(fields, path) : null;

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
