using System.Text.Json;
using System.Text.Json.Nodes;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Google.Protobuf.WellKnownTypes;

namespace Behalf.Server.Api;

/// <param name="Auth">What a person types in, and how it is put on a request.</param>
/// <param name="OAuth">Instead, when the provider grants.</param>
/// <param name="UserInfoUrl">Kept for the catalogue.</param>
internal sealed record AuthPattern(AuthProfile Auth, CustomOAuth? OAuth, string? UserInfoUrl);

/// <summary>
/// The one authentication pattern of a custom connector, in the contract's own keys. A key that means nothing here is
/// refused rather than lost.
/// </summary>
internal static class AuthPatterns
{
    private const string Field = "provider.auth_patterns";
    private const string Query = "auth_query_key";

    private static readonly string[] Known =
    [
        "type",
        "display_name",
        "description",
        "fields",
        "account_fields",
        "oauth_config",
        "auth_header_key_override",
        "auth_field_mutations",
        "is_mcp",
        Query,
    ];

    public static Result<AuthPattern> Read(ListValue patterns)
    {
        if (patterns.Values.Count != 1 || patterns.Values[0].KindCase != Value.KindOneofCase.StructValue)
        {
            return Wrong("holds exactly one pattern", "max_items");
        }

        Result<JsonElement> read = StructJson.ToElement(patterns.Values[0].StructValue, Field);
        if (!read.Succeeded)
        {
            return read.Problem;
        }

        JsonElement pattern = read.Value;
        if (
            pattern.EnumerateObject().Select(key => key.Name).FirstOrDefault(name => !Known.Contains(name)) is
            { } unknown
        )
        {
            return Wrong($"holds the key {unknown}, which means nothing here", "unknown");
        }

        if (pattern.TryGetProperty("is_mcp", out JsonElement isMcp) && isMcp.ValueKind == JsonValueKind.True)
        {
            return Wrong("describes an MCP server as provider, which is not supported", "is_mcp");
        }

        if (ItemsOf(pattern, "account_fields").Count > 0)
        {
            return Wrong(
                "has account fields, which are not supported: one base URL serves all accounts",
                "account_fields"
            );
        }

        return TextOf(pattern, "type") switch
        {
            "OAUTH" => OAuth(pattern),
            "API_KEY" => Typed(pattern, CredentialKind.ApiKey),
            "BEARER" or "BEARER_TOKEN" => Typed(pattern, CredentialKind.Bearer),
            "BASIC" or "BASIC_AUTH" => Typed(pattern, CredentialKind.Basic),
            "NO_AUTH" => new AuthPattern(new AuthProfile { Kind = CredentialKind.None }, null, null),
            _ => Wrong("has a 'type' of OAUTH, API_KEY, BEARER, BASIC or NO_AUTH", "in"),
        };
    }

    public static ListValue ToWire(ConnectorDefinition definition)
    {
        AuthProfile auth = definition.Auth;
        JsonObject pattern = new() { ["type"] = NameOf(auth.Kind) };
        if (auth.Kind == CredentialKind.OAuth)
        {
            string origin = definition.OAuth.Origin.GetLeftPart(UriPartial.Authority);
            pattern["oauth_config"] = new JsonObject
            {
                ["authorize_uri"] = origin + definition.OAuth.AuthorizePath,
                ["token_uri"] = origin + definition.OAuth.TokenPath,
                ["user_info_uri"] = definition.Listing.UserInfoUrl ?? "",
                ["available_scopes"] = new JsonArray([
                    .. definition.OAuth.DefaultScopes.Values.Select(scope => (JsonNode)scope),
                ]),
                ["pkce_enabled"] = definition.OAuth.Pkce,
            };
        }
        else
        {
            Describe(pattern, auth);
        }

        return new ListValue { Values = { Value.ForStruct(StructJson.ToStruct(pattern)) } };
    }

    private static void Describe(JsonObject pattern, AuthProfile auth)
    {
        pattern["fields"] = new JsonArray([
            .. auth.Fields.Select(field => new JsonObject
            {
                ["field_name"] = field.Name,
                ["label"] = field.Label,
                ["input_type"] = field.IsSecret ? "password" : "text",
                ["hint"] = field.Hint ?? "",
                ["required"] = field.IsRequired,
            }),
        ]);
        if (auth.QueryParameter is { } parameter)
        {
            pattern[Query] = parameter;
        }
        else if (auth.Header is { } header and not "Authorization")
        {
            pattern["auth_header_key_override"] = header;
        }

        if (auth is { Kind: CredentialKind.ApiKey or CredentialKind.Bearer, Prefix: { Length: > 0 } and not "Bearer " })
        {
            pattern["auth_field_mutations"] = new JsonObject
            {
                [auth.Fields[0].Name] = new JsonObject { ["prefix"] = auth.Prefix },
            };
        }
    }

    private static string NameOf(CredentialKind kind) =>
        kind switch
        {
            CredentialKind.OAuth => "OAUTH",
            CredentialKind.ApiKey => "API_KEY",
            CredentialKind.ClientCredentials => "OAUTH_M2M",
            CredentialKind.Bearer => "BEARER",
            CredentialKind.Basic => "BASIC",
            CredentialKind.None => "NO_AUTH",
            _ => throw new InvalidOperationException($"Unknown kind of credential {kind}."),
        };

    private static Result<AuthPattern> OAuth(JsonElement pattern)
    {
        if (!pattern.TryGetProperty("oauth_config", out JsonElement config) || config.ValueKind != JsonValueKind.Object)
        {
            return Wrong("has an 'oauth_config'", "required");
        }

        string[] known = ["authorize_uri", "token_uri", "user_info_uri", "available_scopes", "pkce_enabled"];
        if (
            config.EnumerateObject().Select(key => key.Name).FirstOrDefault(name => !known.Contains(name)) is
            { } unknown
        )
        {
            return Wrong($"has {unknown} in 'oauth_config', which means nothing here", "unknown");
        }

        if (
            UrlOf(config, "authorize_uri") is not { } authorize
            || UrlOf(config, "token_uri") is not { } token
            || authorize.GetLeftPart(UriPartial.Authority) != token.GetLeftPart(UriPartial.Authority)
            || authorize.Query.Length + token.Query.Length > 0
        )
        {
            return Wrong(
                "has 'authorize_uri' and 'token_uri': https addresses on one origin, without a query",
                "oauth_config"
            );
        }

        bool pkce =
            !config.TryGetProperty("pkce_enabled", out JsonElement flag) || flag.ValueKind != JsonValueKind.False;
        return new AuthPattern(
            AuthProfile.OAuth,
            new CustomOAuth(authorize.AbsoluteUri, token.AbsoluteUri, Scopes(config), pkce),
            TextOf(config, "user_info_uri") is { Length: > 0 } info ? info : null
        );
    }

    /// <summary>Names, or objects that name one.</summary>
    private static IReadOnlyList<string> Scopes(JsonElement config) =>
        [
            .. ItemsOf(config, "available_scopes")
                .Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : TextOf(item, "scope"))
                .OfType<string>(),
        ];

    private static Result<AuthPattern> Typed(JsonElement pattern, CredentialKind kind)
    {
        IReadOnlyList<JsonElement> asked = ItemsOf(pattern, "fields");
        List<CredentialField> fields = [.. asked.Select(FieldOf).OfType<CredentialField>()];
        int most = kind == CredentialKind.Basic ? 2 : 1;
        if (fields.Count != asked.Count || (fields.Count > 0 && fields.Count != most))
        {
            return Wrong(
                most == 2
                    ? "has two 'fields', user name and password, each with a 'field_name'"
                    : "has one of 'fields', the credential, with a 'field_name'",
                "fields"
            );
        }

        string? query = TextOf(pattern, Query);
        string prefix = kind == CredentialKind.Bearer ? "Bearer " : "";
        if (
            pattern.TryGetProperty("auth_field_mutations", out JsonElement mutations)
            && PrefixOf(mutations) is var given
        )
        {
            if (given is null)
            {
                return Wrong("has 'auth_field_mutations' other than one field's 'prefix'", "auth_field_mutations");
            }

            prefix = given;
        }

        return new AuthPattern(
            new AuthProfile
            {
                Kind = kind,
                Header = query is null ? (TextOf(pattern, "auth_header_key_override") ?? "Authorization") : null,
                Prefix = prefix,
                QueryParameter = query,
                Fields = fields,
            },
            null,
            null
        );
    }

    private static CredentialField? FieldOf(JsonElement item) =>
        TextOf(item, "field_name") is { Length: > 0 } name
            ? new CredentialField(
                name,
                TextOf(item, "label") is { Length: > 0 } label ? label : name,
                TextOf(item, "hint") is { Length: > 0 } hint ? hint : null,
                TextOf(item, "input_type") is not "text",
                !(
                    item.TryGetProperty("required", out JsonElement required)
                    && required.ValueKind == JsonValueKind.False
                )
            )
            : null;

    /// <returns>Null when it says anything but a prefix.</returns>
    private static string? PrefixOf(JsonElement mutations)
    {
        if (mutations.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonProperty[] fields = [.. mutations.EnumerateObject()];
        return
            fields is [{ Value: { ValueKind: JsonValueKind.Object } mutation }]
            && mutation.EnumerateObject().All(key => key.Name == "prefix")
            ? TextOf(mutation, "prefix")
            : null;
    }

    private static IReadOnlyList<JsonElement> ItemsOf(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty(key, out JsonElement items)
        && items.ValueKind == JsonValueKind.Array
            ? [.. items.EnumerateArray()]
            : [];

    private static Uri? UrlOf(JsonElement value, string key) =>
        Uri.TryCreate(TextOf(value, key), UriKind.Absolute, out Uri? url) && url.Scheme == Uri.UriSchemeHttps
            ? url
            : null;

    private static string? TextOf(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty(key, out JsonElement text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    private static Problem Wrong(string description, string constraint) =>
        Problem.Invalid(Field, constraint, description);
}
