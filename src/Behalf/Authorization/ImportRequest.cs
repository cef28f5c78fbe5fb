namespace Behalf.Authorization;

/// <summary>A credential that came about elsewhere, for one account; dispose it.</summary>
public sealed record ImportRequest : IDisposable
{
    public required ConnectionName Connection { get; init; }

    public required BroughtCredential Credential { get; init; }

    /// <value>True: the account must not exist yet. False: it must.</value>
    public bool Creates { get; init; }

    public Connections.AccountLabels Labels { get; init; } = Connections.AccountLabels.None;

    /// <value>The caller puts another provider user in the pinned one's place on purpose.</value>
    public bool AllowOtherProviderUser { get; init; }

    public void Dispose() => Credential.Dispose();
}

/// <summary>What the application brings for its user; dispose it.</summary>
public abstract record BroughtCredential : IDisposable
{
    private BroughtCredential() { }

    public abstract void Dispose();

    /// <summary>Tokens that the user granted elsewhere (RFC 6749).</summary>
    public sealed record Tokens : BroughtCredential
    {
        public required Secret AccessToken { get; init; }

        /// <value>Null: the access token is used until the provider refuses it.</value>
        public Secret? RefreshToken { get; init; }

        /// <value>What the user granted, as the application knows it; null: the provider is asked.</value>
        public IReadOnlyList<string>? Scopes { get; init; }

        public override void Dispose()
        {
            AccessToken.Dispose();
            RefreshToken?.Dispose();
        }
    }

    /// <summary>A key, a token, or user name and password, by the names of the fields the connector asks for.</summary>
    public sealed record Typed(IReadOnlyDictionary<string, Secret> Fields) : BroughtCredential
    {
        public override void Dispose()
        {
            foreach (Secret value in Fields.Values)
            {
                value.Dispose();
            }
        }
    }
}
