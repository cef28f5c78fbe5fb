using System.Security.Cryptography;
using Behalf.Vault;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>When an access token ends, when to refresh it ahead of that, and before when not to try.</summary>
internal sealed class RefreshSchedule(IOptions<BehalfOptions> options, SharedClock clock)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(15);

    public bool IsStale(SealedCredential credential) =>
        credential.AccessExpiresAt is { } end && end - options.Value.RefreshMargin <= clock.UtcNow;

    public bool HasEnded(SealedCredential credential) => credential.AccessExpiresAt is { } end && end <= clock.UtcNow;

    /// <param name="from">When the tokens were asked for.</param>
    /// <param name="lifetime">Of the access token; null: only a 401 tells.</param>
    public RefreshTimes After(DateTimeOffset from, TimeSpan? lifetime, bool canRefresh)
    {
        if (lifetime is not { } length)
        {
            return new RefreshTimes(null, null, from + ShortestPause);
        }

        DateTimeOffset end = from + length;
        DateTimeOffset notBefore = from + Clamp(length / 2, ShortestPause, LongestPause);
        if (!canRefresh)
        {
            return new RefreshTimes(end, end, notBefore);
        }

        // Spread over one margin before the margin, so that accounts connected together are not refreshed together.
        DateTimeOffset due = end - options.Value.RefreshMargin * (1 + Fraction());
        return new RefreshTimes(end, due > notBefore ? due : notBefore, notBefore);
    }

    /// <summary>The longer it has been failing, the longer the pause: a quarter of that time, jittered, 5 s to 15 min.</summary>
    public TimeSpan BackOff(SealedCredential credential, TimeSpan? asked)
    {
        DateTimeOffset now = clock.UtcNow;
        TimeSpan failing = credential.AccessExpiresAt is { } end ? now - (end - options.Value.RefreshMargin) : default;
        TimeSpan pause = Clamp(failing / 4, ShortestPause, LongestBackOff) * (0.75 + Fraction() / 2);
        return asked is { } wanted && wanted > pause ? wanted + ShortestPause * Fraction() : pause;
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) =>
        value < least ? least
        : value > most ? most
        : value;

    private static double Fraction() => RandomNumberGenerator.GetInt32(1_000_000) / 1_000_000d;
}

/// <param name="DueAt">When the scheduler looks at it.</param>
/// <param name="NotBefore">No refresh earlier than this, whatever a lifetime says.</param>
internal sealed record RefreshTimes(DateTimeOffset? AccessExpiresAt, DateTimeOffset? DueAt, DateTimeOffset NotBefore);
