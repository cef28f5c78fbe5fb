using Behalf.Connections;
using Behalf.Vault;

namespace Behalf.Authorization;

/// <summary>What a provider answered to a refresh, sealed as the generation it is to become, and what it came for.</summary>
/// <param name="ProviderUserKey">Whose the refreshed grant was.</param>
/// <param name="Before">The account as it was; null: it is gone.</param>
internal sealed record ReceivedPair(
    EnvironmentId Environment,
    NewCredential Next,
    Connection Connection,
    string? ProviderUserKey,
    ConnectedAccount? Before
)
{
    public AccountId Account => Next.Account;
}

/// <summary>A <see cref="ReceivedPair"/> as it is kept in a file. All values are as in the records it is made of.</summary>
internal sealed record SpooledPair
{
    public required long Follows { get; init; }
    public required Guid RingKey { get; init; }
    public required byte[] WrappedKey { get; init; }
    public required byte[] Access { get; init; }
    public byte[]? Refresh { get; init; }
    public byte[]? Extra { get; init; }
    public DateTimeOffset? AccessExpiresAt { get; init; }
    public DateTimeOffset? RefreshExpiresAt { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required string ScopeSource { get; init; }
    public string? UserKey { get; init; }
    public string? UserName { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public string? RefreshedUserKey { get; init; }

    public static SpooledPair Of(ReceivedPair pair)
    {
        SealedCredential value = pair.Next.Sealed;
        return new SpooledPair
        {
            Follows = pair.Next.Follows,
            RingKey = value.Key.RingKey.Value,
            WrappedKey = value.Key.WrappedKey,
            Access = value.AccessSealed,
            Refresh = value.RefreshSealed,
            Extra = value.ExtraSealed,
            AccessExpiresAt = value.AccessExpiresAt,
            RefreshExpiresAt = value.RefreshExpiresAt,
            Scopes = [.. value.GrantedScopes.Values],
            ScopeSource = pair.Next.ScopeSource,
            UserKey = pair.Next.ProviderUserKey,
            UserName = pair.Next.ProviderUserName,
            DueAt = pair.Next.RefreshDueAt,
            NotBefore = pair.Next.RefreshNotBefore,
            RefreshedUserKey = pair.ProviderUserKey,
        };
    }

    public ReceivedPair Into(
        EnvironmentId environment,
        AccountId account,
        Connection connection,
        ConnectedAccount? before
    ) =>
        new(
            environment,
            new NewCredential
            {
                Account = account,
                Follows = Follows,
                Sealed = new SealedCredential
                {
                    Key = new AccountKey(environment, account, WrappedKey, new RingKeyId(RingKey)),
                    Connection = connection.Id,
                    Generation = Follows + 1,
                    AccessSealed = Access,
                    RefreshSealed = Refresh,
                    ExtraSealed = Extra,
                    AccessExpiresAt = AccessExpiresAt,
                    RefreshExpiresAt = RefreshExpiresAt,
                    GrantedScopes = ScopeSet.Of(Scopes),
                },
                ScopeSource = ScopeSource,
                ProviderUserKey = UserKey,
                ProviderUserName = UserName,
                RefreshDueAt = DueAt,
                RefreshNotBefore = NotBefore,
            },
            connection,
            RefreshedUserKey,
            before
        );
}
