using System.Globalization;
using System.Text;

namespace Behalf.Connectors.Custom;

/// <summary>A described connector as a definition's document. Every text is written as a quoted scalar: data stays data.</summary>
internal static class CustomConnectorDocument
{
    /// <summary>What the statuses of a plain HTTP API mean; a provider's own words are not passed on.</summary>
    private const string Errors = """
        requests:
          errors:
            - {status: 400, kind: invalid_input}
            - {status: 401, kind: reconnect_required}
            - {status: 403, kind: no_permission}
            - {status: [404, 410], kind: not_found_or_no_access}
            - {status: 422, kind: invalid_input}
            - {status: 429, kind: rate_limited}
            - {status: 4xx, kind: provider_error}
            - {status: 5xx, kind: provider_error}
        """;

    public static string Of(string slug, CustomConnector connector)
    {
        StringBuilder text = new();
        text.Append("format: 1\n");
        Line(text, 0, "slug", slug);
        Line(text, 0, "name", connector.Name);
        Line(text, 0, "description", connector.Description.Length > 0 ? connector.Description : connector.Name);
        Line(text, 0, "base_url", connector.BaseUrl);
        Listing(text, connector.Listing);
        if (connector.OAuth is { } oauth)
        {
            OAuth(text, oauth);
        }
        else
        {
            Auth(text, connector.Auth);
        }

        return text.Append(Errors.ReplaceLineEndings("\n")).Append('\n').ToString();
    }

    private static void Listing(StringBuilder text, ConnectorListing listing)
    {
        text.Append("listing:\n");
        Line(text, 1, "proxy", listing.Proxy);
        OptionalLine(text, 1, "icon", listing.Icon);
        OptionalLine(text, 1, "user_info_url", listing.UserInfoUrl);
        if (listing.Categories.Count > 0)
        {
            text.Append("  categories: [").AppendJoin(", ", listing.Categories.Select(Quoted)).Append("]\n");
        }

        if (listing.Metadata.Count > 0)
        {
            text.Append("  metadata:\n");
            foreach ((string key, string value) in listing.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append("    ").Append(Quoted(key)).Append(": ").Append(Quoted(value)).Append('\n');
            }
        }
    }

    private static void OAuth(StringBuilder text, CustomOAuth oauth)
    {
        Uri authorize = new(oauth.AuthorizeUrl);
        text.Append("oauth:\n");
        Line(text, 1, "origin", authorize.GetLeftPart(UriPartial.Authority));
        Line(text, 1, "authorize_path", authorize.AbsolutePath);
        Line(text, 1, "token_path", new Uri(oauth.TokenUrl).AbsolutePath);
        Line(text, 1, "pkce", oauth.Pkce);
        text.Append("  default_scopes: [").AppendJoin(", ", oauth.Scopes.Select(Quoted)).Append("]\n");
    }

    private static void Auth(StringBuilder text, AuthProfile auth)
    {
        text.Append("auth:\n");
        Line(
            text,
            1,
            "type",
            auth.Kind switch
            {
                CredentialKind.ApiKey => "api_key",
                CredentialKind.Bearer => "bearer",
                CredentialKind.Basic => "basic",
                CredentialKind.None => "none",
                _ => throw new InvalidOperationException($"{auth.Kind} is not typed in."),
            }
        );
        if (auth.Kind == CredentialKind.ApiKey)
        {
            OptionalLine(text, 1, "query", auth.QueryParameter);
            OptionalLine(text, 1, "header", auth.QueryParameter is null ? auth.Header : null);
        }

        if (auth.Kind is CredentialKind.ApiKey or CredentialKind.Bearer && auth.QueryParameter is null)
        {
            Line(text, 1, "prefix", auth.Prefix);
        }

        if (auth.Fields.Count > 0)
        {
            text.Append("  fields:\n");
        }

        foreach (CredentialField field in auth.Fields)
        {
            text.Append("    - ").Append("name: ").Append(Quoted(field.Name)).Append('\n');
            Line(text, 3, "label", field.Label);
            OptionalLine(text, 3, "hint", field.Hint);
            Line(text, 3, "secret", field.IsSecret);
            Line(text, 3, "required", field.IsRequired);
        }
    }

    private static void OptionalLine(StringBuilder text, int level, string key, string? value)
    {
        if (value is { Length: > 0 })
        {
            Line(text, level, key, value);
        }
    }

    private static void Line(StringBuilder text, int level, string key, string value) =>
        text.Append(' ', level * 2).Append(key).Append(": ").Append(Quoted(value)).Append('\n');

    private static void Line(StringBuilder text, int level, string key, bool value) =>
        text.Append(' ', level * 2).Append(key).Append(": ").Append(value ? "true" : "false").Append('\n');

    /// <summary>A double-quoted scalar (YAML 1.2 §7.3.1): whatever could end or structure it is escaped.</summary>
    private static string Quoted(string value)
    {
        StringBuilder quoted = new("\"");
        foreach (char c in value)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\').Append(c);
            }
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff')
            {
                quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                quoted.Append(c);
            }
        }

        return quoted.Append('"').ToString();
    }
}
