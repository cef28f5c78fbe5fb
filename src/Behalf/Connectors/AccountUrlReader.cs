using Behalf.Connectors.Document;

namespace Behalf.Connectors;

/// <summary>
/// Reads where accounts have base URLs of their own: from a fact of the token answer (<c>account_url</c>), or from a
/// setting that is typed in beside the credential and fills the base URL's slots.
/// </summary>
internal static class AccountUrlReader
{
    private const int MostPatterns = 20;

    public static AccountUrlRule? Read(Fields head, UrlPattern? pattern, OAuthProfile oauth, AuthProfile auth)
    {
        AccountUrlRule? told = head.Optional("account_url") is { } node ? Told(node, oauth) : null;
        string[] settings = [.. auth.Fields.Where(field => field.IsSetting).Select(field => field.Name)];
        if (settings.Length == 0)
        {
            return told;
        }

        return pattern is not null && pattern.Slots.Order().SequenceEqual(settings.Order()) && told is null
            ? new AccountUrlRule(null, [pattern])
            : throw new DefinitionFault(head.Line, "the settings of 'auth' are the slots of 'base_url', all of them");
    }

    private static AccountUrlRule Told(DocumentNode node, OAuthProfile oauth)
    {
        Fields fields = new(node, "account_url");
        string kept = fields.Text("kept");
        List<UrlPattern> patterns = [];
        foreach (string text in fields.Words("patterns"))
        {
            patterns.Add(
                UrlPattern.TryParse(text, out UrlPattern? pattern)
                    ? pattern
                    : throw new DefinitionFault(node.Line, $"'{text}' is not like https://{{slot}}.example.com")
            );
        }

        fields.End();
        return !oauth.Tokens.Keep.ContainsKey(kept)
                ? throw new DefinitionFault(node.Line, $"'oauth.tokens.keep' keeps no '{kept}'")
            : patterns.Count is 0 or > MostPatterns
                ? throw new DefinitionFault(node.Line, $"'patterns' are 1 to {MostPatterns}")
            : new AccountUrlRule(kept, patterns);
    }
}
