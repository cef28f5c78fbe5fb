using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Wire.Connections;
using Grpc.Core;

namespace Behalf.Server.Api;

/// <summary>
/// What an update of a connection asks for. What it cannot have is refused by name rather than dropped; what was read and is
/// sent back unchanged is accepted.
/// </summary>
internal sealed class ConnectionChanges(ConnectionView view, OAuthProfile profile)
{
    private const string NotSupported = "not_supported";

    private readonly List<FieldViolation> _faults = [];

    /// <exception cref="RpcException">Names every field that cannot be had.</exception>
    public ConnectionChange Read(ServerCallContext context, UpdateConnection wanted)
    {
        CheckKind(wanted);
        OAuthConnectionConfig oauth = wanted.OauthConfig ?? new OAuthConnectionConfig();
        CheckOAuth(oauth);
        Uri? oauthUrl = ReadOrigin(oauth);
        if (_faults.Count > 0)
        {
            throw context.Refuse(Problem.Invalid(_faults));
        }

        bool isSecretGiven = oauth.ClientSecret is { Length: > 0 } and not ConnectionWire.MaskedSecret;
        return new ConnectionChange
        {
            Name = context.ReadConnection("connection.key_id", wanted.KeyId),
            ClientId = oauth.ClientId is { Length: > 0 } id ? id : null,
            ClientSecret = isSecretGiven ? Secret.FromText(oauth.ClientSecret) : null,
            Scopes = oauth.Scopes.Count == 0 ? null : ScopeSet.Of(oauth.Scopes),
            OAuthUrl = oauthUrl,
        };
    }

    private void CheckKind(UpdateConnection wanted)
    {
        Refuse(
            wanted.ProviderKey.Length > 0
                && !wanted.ProviderKey.Equals(view.Connection.Connector, StringComparison.OrdinalIgnoreCase),
            "provider_key",
            "cannot change: add another connection"
        );
        Refuse(
            wanted.Type is not (ConnectionType.Invalid or ConnectionType.Oauth),
            "type",
            $"is OAUTH for {view.ConnectorName}"
        );
        Refuse(
            wanted.SettingsCase
                is UpdateConnection.SettingsOneofCase.StaticConfig
                    or UpdateConnection.SettingsOneofCase.GoogleDwdConfig,
            wanted.SettingsCase == UpdateConnection.SettingsOneofCase.StaticConfig
                ? "static_config"
                : "google_dwd_config",
            $"is not what {view.ConnectorName} takes: send oauth_config"
        );
        Refuse(wanted.DebugEnabled == true, "debug_enabled", "cannot be had");
        Refuse(
            wanted.UiButtonTitle is { Length: > 0 } title && title != view.ConnectorName,
            "ui_button_title",
            "comes from the connector"
        );
        Refuse(wanted.AttributeMapping.Count > 0, "attribute_mapping", "concerns sign-in connections");
        Refuse(wanted.ConfigurationType == ConfigurationType.Discovery, "configuration_type", "is MANUAL");
    }

    private void CheckOAuth(OAuthConnectionConfig oauth)
    {
        RefuseOAuth(oauth.UsePlatformCreds == true, "use_platform_creds", "cannot be had: bring your own OAuth client");
        RefuseOAuth(oauth.IsCimd == true, "is_cimd", "cannot be had: bring your own OAuth client");
        RefuseOAuth(
            oauth.PkceEnabled is { } pkce && pkce != profile.Pkce,
            "pkce_enabled",
            profile.Pkce ? "is always on" : "is not known to this provider"
        );
        RefuseOAuth(oauth.SyncUserProfileOnLogin == true, "sync_user_profile_on_login", "concerns sign-in connections");
        RefuseOAuth(
            oauth.RedirectUri.Length > 0 && oauth.RedirectUri != view.RedirectUri.ToString(),
            "redirect_uri",
            $"is always {view.RedirectUri}"
        );
        (string Field, string? Value)[] fixedByConnector =
        [
            ("user_info_uri", oauth.UserInfoUri),
            ("prompt", oauth.Prompt),
            ("access_type", oauth.AccessType),
            ("custom_scope_name", oauth.CustomScopeName),
            ("token_access_type", oauth.TokenAccessType),
            ("tenant_id", oauth.TenantId),
            ("app_name", oauth.AppName),
        ];
        foreach ((string field, string? value) in fixedByConnector)
        {
            RefuseOAuth(value is { Length: > 0 }, field, "comes from the connector's definition");
        }

        RefuseOAuth(
            oauth.OptionalScopes is { Scopes.Count: > 0 },
            "optional_scopes",
            "cannot be had: list them in scopes"
        );
        RefuseOAuth(
            oauth.Extensions is { } extensions
                && (extensions.Smart is not null || extensions.ExtraAuthorizeParams.Count > 0),
            "extensions",
            "comes from the connector's definition"
        );
    }

    /// <summary>Both endpoints lie at the connector's paths below one origin, which is what a connection can choose.</summary>
    private Uri? ReadOrigin(OAuthConnectionConfig oauth)
    {
        Uri? authorize = ReadOrigin("authorize_uri", oauth.AuthorizeUri, profile.AuthorizePath);
        Uri? token = ReadOrigin("token_uri", oauth.TokenUri, profile.TokenPath);
        RefuseOAuth(
            authorize is not null && token is not null && authorize != token,
            "token_uri",
            "is on another origin than authorize_uri"
        );
        return authorize ?? token;
    }

    private Uri? ReadOrigin(string field, string? text, string path)
    {
        if (text is not { Length: > 0 })
        {
            return null;
        }

        string tail = $"/{path.TrimStart('/')}";
        bool fits =
            text.EndsWith(tail, StringComparison.Ordinal)
            && Uri.TryCreate(text[..^tail.Length], UriKind.Absolute, out _);
        RefuseOAuth(!fits, field, $"ends with {tail}, the connector's path below an origin");
        return fits ? new Uri(text[..^tail.Length]) : null;
    }

    private void Refuse(bool condition, string field, string description)
    {
        if (condition)
        {
            _faults.Add(new FieldViolation($"connection.{field}", description, NotSupported));
        }
    }

    private void RefuseOAuth(bool condition, string field, string description) =>
        Refuse(condition, $"oauth_config.{field}", description);
}
