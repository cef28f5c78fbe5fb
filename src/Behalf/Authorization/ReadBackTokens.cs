namespace Behalf.Authorization;

/// <summary>A user's tokens in clear, for a service credential that may read them; dispose it.</summary>
/// <param name="AccessToken">Null: this caller reads none here.</param>
public sealed record ReadBackTokens(Secret? AccessToken, Secret? RefreshToken, DateTimeOffset? AccessExpiresAt)
    : IDisposable
{
    public static ReadBackTokens None { get; } = new(null, null, null);

    public void Dispose()
    {
        AccessToken?.Dispose();
        RefreshToken?.Dispose();
    }
}
