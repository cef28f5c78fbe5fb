using System.Text.RegularExpressions;
using Behalf.Connectors;

namespace Behalf.Connections;

/// <summary>Checks what an operator or service client asks for and fills in the connector's defaults. Gathers all faults.</summary>
internal sealed partial class NewConnectionRules(ProviderUrls urls)
{
    public const int MaxPrefix = 20;
    private const int MaxClientText = 512;
    private const int MaxAllowedTools = 500;

    public Result<CheckedConnection> Check(NewConnection wanted, ConnectorDefinition definition)
    {
        var faults = new List<FieldViolation>();
        ConnectionName name = wanted.Name ?? ConnectionName.Parse(definition.Slug);
        Uri baseUrl = wanted.BaseUrl ?? definition.BaseUrl;
        Uri oauthUrl = wanted.OAuthUrl ?? DefaultOAuthUrl(definition, baseUrl);
        ScopeSet scopes = wanted.Scopes is { Count: > 0 } named ? named : definition.OAuth.DefaultScopes;
        CheckUrl(faults, "base_url", baseUrl);
        CheckUrl(faults, "oauth_url", oauthUrl);
        CheckPattern(faults, definition, baseUrl, oauthUrl);
        if (!definition.OAuth.IsTyped)
        {
            CheckClient(faults, wanted, definition.OAuth);
        }
        else if (
            wanted.ClientId is not null
            || wanted.ClientSecret is not null
            || (wanted.Scopes is { Count: > 0 } && !definition.OAuth.IsUsed)
        )
        {
            faults.Add(new("client_id", "is not taken: this connector's users type their credential in", "oauth"));
        }

        if (wanted.ToolPrefix is { } prefix && !Prefix().IsMatch(prefix))
        {
            faults.Add(new("tool_prefix", $"must be 1 to {MaxPrefix} of a-z, 0-9 and _", "pattern"));
        }

        if (!ScopeSyntax.AreScopes(scopes.Values))
        {
            faults.Add(new("scopes", ScopeSyntax.Rule, "pattern"));
        }

        if (
            wanted.AllowedTools is { } tools
            && (tools.Count > MaxAllowedTools || tools.Any(tool => !ToolPattern().IsMatch(tool)))
        )
        {
            faults.Add(new("allowed_tools", "must be tool names, with * at the end only", "pattern"));
        }

        return faults.Count == 0 ? new CheckedConnection(name, baseUrl, oauthUrl, scopes) : Problem.Invalid(faults);
    }

    /// <summary>Where the API's address has slots for a connection, the authorization server is beside it.</summary>
    private static Uri DefaultOAuthUrl(ConnectorDefinition definition, Uri baseUrl) =>
        !definition.OAuth.IsUsed ? baseUrl
        : definition is { BasePattern: not null, AccountUrl: null }
        && definition.OAuth.Origin.GetLeftPart(UriPartial.Authority)
            == definition.BaseUrl.GetLeftPart(UriPartial.Authority)
            ? new Uri(baseUrl.GetLeftPart(UriPartial.Authority))
        : definition.OAuth.Origin;

    /// <summary>A host with slots is the connector's own or one the operator listed: nothing else gets users' credentials.</summary>
    private void CheckPattern(List<FieldViolation> faults, ConnectorDefinition definition, Uri baseUrl, Uri oauthUrl)
    {
        if (definition is not { BasePattern: { } pattern, AccountUrl: null })
        {
            return;
        }

        if (!pattern.Matches(baseUrl) && !urls.IsListed(baseUrl))
        {
            faults.Add(new("base_url", $"is needed and must be like {pattern}", "pattern"));
        }

        bool isOwn = oauthUrl.Host == baseUrl.Host || oauthUrl.Host == definition.OAuth.Origin.Host;
        if (!isOwn && !urls.IsListed(oauthUrl))
        {
            faults.Add(new("oauth_url", "must be at the same host as base_url", "pattern"));
        }
    }

    private void CheckUrl(List<FieldViolation> faults, string field, Uri url)
    {
        if (!urls.TryAccept(url, out string? problem))
        {
            faults.Add(new(field, problem, "url"));
        }
    }

    private static void CheckClient(List<FieldViolation> faults, NewConnection wanted, OAuthProfile profile)
    {
        if (wanted is { ClientId: null, ClientSecret: null } && (wanted.WithoutClient || profile.RegistersClients))
        {
            return;
        }

        if (wanted.ClientId is not { Length: > 0 and <= MaxClientText } id || id.Any(c => c is < ' ' or > '~'))
        {
            faults.Add(new("client_id", "is required: register an OAuth app at the provider", "required"));
        }

        bool needsSecret = profile.ClientAuthentication != ClientAuthentication.None && !wanted.KeepsSecret;
        if (needsSecret && wanted.ClientSecret is not { Length: > 0 and <= MaxClientText })
        {
            faults.Add(new("client_secret", "is required for this provider", "required"));
        }
    }

    [GeneratedRegex("^[a-z0-9_]{1,20}\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Prefix();

    [GeneratedRegex("^[a-zA-Z0-9_-]{0,64}\\*?\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex ToolPattern();
}

internal sealed record CheckedConnection(ConnectionName Name, Uri BaseUrl, Uri OAuthUrl, ScopeSet Scopes);
