namespace Behalf.Sandbox.OAuth;

/// <summary>An app of the developer console: a confidential client.</summary>
internal sealed class App
{
    public const string OutOfBand = "urn:ietf:wg:oauth:2.0:oob";

    public required string ClientId { get; init; }
    public required string ClientSecret { get; init; }
    public required string Name { get; set; }

    /// <summary>Compared by exact string.</summary>
    public required IReadOnlyList<string> RedirectUris { get; set; }

    /// <summary>Holds <c>default</c> for an app with full permissions.</summary>
    public required ScopeSet Registered { get; set; }

    /// <summary>The scopes of a request, or null when the app may not ask for them.</summary>
    public ScopeSet? Allow(string? requested)
    {
        if (string.IsNullOrWhiteSpace(requested))
        {
            return Registered.IsFull ? ScopeSet.Full : null;
        }
        var scopes = ScopeSet.Parse(requested);
        var allowed = scopes.Names.All(s =>
            Registered.Names.Contains(s) || (Registered.IsFull && OperationTable.IsIdentity(s))
        );
        return allowed && scopes.Names.Count > 0 ? scopes : null;
    }
}
