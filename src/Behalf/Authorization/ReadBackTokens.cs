namespace Behalf.Authorization;

/// <summary>A user's credential in clear, for a service credential that may read it; dispose it.</summary>
/// <param name="AccessToken">Null: this caller reads none here, or it is no token but <see cref="Fields"/>.</param>
public sealed record ReadBackTokens(Secret? AccessToken, Secret? RefreshToken, DateTimeOffset? AccessExpiresAt)
    : IDisposable
{
    public static ReadBackTokens None { get; } = new(null, null, null);

    /// <value>Of a credential that was typed in or brought, by the names of the connector's fields.</value>
    public IReadOnlyDictionary<string, Secret> Fields { get; init; } = new Dictionary<string, Secret>();

    public void Dispose()
    {
        AccessToken?.Dispose();
        RefreshToken?.Dispose();
        foreach (Secret value in Fields.Values)
        {
            value.Dispose();
        }
    }
}
