using Behalf.Connectors;

namespace Behalf.Connections;

/// <summary>Where the API of one account is, when a connector's accounts have addresses of their own. Pure.</summary>
internal static class AccountUrl
{
    /// <returns>Null when what is kept gives no address that the definition allows.</returns>
    public static Uri? Of(
        ConnectorDefinition definition,
        Connection connection,
        IReadOnlyDictionary<string, string> kept
    )
    {
        // Whoever set the connection's address decided where its accounts are: a stand-in, or one tenant's own host.
        if (definition.AccountUrl is not { } rule || connection.BaseUrl != definition.BaseUrl)
        {
            return connection.BaseUrl;
        }

        return rule.Kept is null ? rule.Patterns[0].Fill(slot => kept.GetValueOrDefault(slot))
            : Uri.TryCreate(kept.GetValueOrDefault(rule.Kept), UriKind.Absolute, out Uri? told)
            && rule.Patterns.Any(pattern => pattern.Matches(told))
                ? told
            : null;
    }
}
