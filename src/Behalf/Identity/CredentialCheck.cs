namespace Behalf.Identity;

/// <summary>Who presented the right secret, before a token is issued.</summary>
internal abstract record CheckedCredential
{
    private CheckedCredential() { }

    public sealed record OfClient(ApiClient Client) : CheckedCredential;

    public sealed record OfSession(UserSession Session, ApiClient Client) : CheckedCredential;

    public sealed record OfOperator(OperatorCredential Credential) : CheckedCredential;
}

/// <summary>
/// Compares a presented secret with the stored digests in a time that depends on neither: one look-up, always two
/// comparisons, also for ids that do not exist. Safe to call concurrently.
/// </summary>
internal sealed class CredentialCheck(
    IApiClientStore clients,
    IUserSessionStore sessions,
    IOperatorCredentialStore operators,
    IEndUserStore users,
    TimeProvider time
)
{
    private const int MaxLength = 200;

    // Stands in for the digests of ids that do not exist; no secret has it.
    private static readonly Digest Nothing = Digest.Of("no secret has this digest");

    public async Task<CheckedCredential?> CheckAsync(
        string clientId,
        string clientSecret,
        CancellationToken cancellationToken
    )
    {
        if (clientId.Length > MaxLength || clientSecret.Length > MaxLength)
        {
            return null;
        }

        Digest presented = Digest.Of(clientSecret);
        if (clientId.StartsWith(CredentialPrefixes.SessionId, StringComparison.Ordinal))
        {
            UserSession? session = await sessions.FindByClientIdAsync(clientId, cancellationToken);
            bool matches = Matches(presented, session?.SecretDigest, null);
            return matches && session is not null ? await LiveAsync(session, cancellationToken) : null;
        }

        if (clientId.StartsWith(CredentialPrefixes.OperatorId, StringComparison.Ordinal))
        {
            OperatorCredential? credential = await operators.FindByClientIdAsync(clientId, cancellationToken);
            bool matches = Matches(presented, credential?.SecretDigest, null);
            return matches && credential is not null ? new CheckedCredential.OfOperator(credential) : null;
        }

        ApiClient? client = await clients.FindByClientIdAsync(clientId, cancellationToken);
        IReadOnlyList<ClientSecretDigest> secrets = client?.Secrets ?? [];
        DateTimeOffset now = time.GetUtcNow();
        Digest?[] live = [.. secrets.Where(s => s.NotAfter is null || now < s.NotAfter).Select(s => (Digest?)s.Digest)];
        bool right = Matches(presented, live.ElementAtOrDefault(0), live.ElementAtOrDefault(1));
        return right && client is { Enabled: true } ? new CheckedCredential.OfClient(client) : null;
    }

    private async Task<CheckedCredential?> LiveAsync(UserSession session, CancellationToken cancellationToken)
    {
        if (session.ExpiresAt <= time.GetUtcNow())
        {
            return null;
        }

        ApiClient? client = await clients.FindAsync(session.Environment, session.Client, cancellationToken);
        UserEpoch? epoch = await users.FindAsync(session.Environment, session.Identifier, cancellationToken);
        return client is { Enabled: true } && epoch == session.Epoch
            ? new CheckedCredential.OfSession(session, client)
            : null;
    }

    private static bool Matches(Digest presented, Digest? first, Digest? second)
    {
        bool isFirst = presented.FixedTimeEquals(first ?? Nothing);
        bool isSecond = presented.FixedTimeEquals(second ?? Nothing);
        return isFirst | isSecond;
    }
}
