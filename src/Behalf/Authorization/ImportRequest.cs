namespace Behalf.Authorization;

/// <summary>Tokens that a user granted elsewhere, for one account; dispose it.</summary>
public sealed record ImportRequest : IDisposable
{
    public required ConnectionName Connection { get; init; }

    public required Secret AccessToken { get; init; }

    /// <value>Null: the access token is used until the provider refuses it.</value>
    public Secret? RefreshToken { get; init; }

    /// <value>What the user granted, as the application knows it; null: the provider is asked.</value>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <value>True: the account must not exist yet. False: it must.</value>
    public bool Creates { get; init; }

    public Connections.AccountLabels Labels { get; init; } = Connections.AccountLabels.None;

    /// <value>The caller puts another provider user in the pinned one's place on purpose.</value>
    public bool AllowOtherProviderUser { get; init; }

    public void Dispose()
    {
        AccessToken.Dispose();
        RefreshToken?.Dispose();
    }
}
