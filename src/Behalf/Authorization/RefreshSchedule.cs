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
    private static readonly TimeSpan LongestAhead = TimeSpan.FromDays(7);

    public bool IsStale(SealedCredential credential) =>
        credential.AccessExpiresAt is { } end && end - options.Value.RefreshMargin <= clock.UtcNow;

    public bool HasEnded(SealedCredential credential) => credential.AccessExpiresAt is { } end && end <= clock.UtcNow;

    /// <param name="from">When the tokens were asked for.</param>
    /// <param name="lifetime">Of the access token; null: only a 401 tells.</param>
    /// <param name="refreshEnds">When the refresh token ends unless it is used before; null: never, as far as is known.</param>
    public RefreshTimes After(
        DateTimeOffset from,
        TimeSpan? lifetime,
        bool canRefresh,
        DateTimeOffset? refreshEnds = null
    )
    {
        DateTimeOffset? end = from + lifetime;
        TimeSpan? left = canRefresh && refreshEnds > from ? refreshEnds - from : null;
        TimeSpan? shorter = left is null || left > lifetime ? lifetime : left;
        DateTimeOffset notBefore = from + Clamp(shorter / 2 ?? ShortestPause, ShortestPause, LongestPause);
        if (!canRefresh)
        {
            return new RefreshTimes(end, end, notBefore);
        }

        // Spread over one margin before the margin, so that accounts connected together are not refreshed together.
        DateTimeOffset? due = end - options.Value.RefreshMargin * (1 + Fraction());
        if (left is { } idle)
        {
            // As soon as a tenth to a fifth of its time is left: there is no coming back from its end.
            TimeSpan ahead = Clamp(idle / 10, TimeSpan.Zero, LongestAhead) * (1 + Fraction());
            due = Earlier(due, from + idle - ahead);
        }

        return new RefreshTimes(end, due < notBefore ? notBefore : due, notBefore);
    }

    /// <summary>
    /// The longer it has been failing, the longer the pause: a quarter of that time, jittered, 5 s to 15 min. What was tried
    /// before it had to be counts from the pause before: twice as long each time.
    /// </summary>
    /// <param name="before">From the failed attempt before this one to the end of its pause; null: there is none.</param>
    public TimeSpan BackOff(SealedCredential credential, TimeSpan? before, TimeSpan? asked)
    {
        DateTimeOffset now = clock.UtcNow;
        TimeSpan failing = credential.AccessExpiresAt is { } end ? now - (end - options.Value.RefreshMargin) : default;
        TimeSpan grown = failing > TimeSpan.Zero ? failing / 4 : (before ?? TimeSpan.Zero) * 2;
        TimeSpan pause = Clamp(grown, ShortestPause, LongestBackOff) * (0.75 + Fraction() / 2);
        return asked is { } wanted && wanted > pause ? wanted + ShortestPause * Fraction() : pause;
    }

    /// <value>Null stands for never.</value>
    public static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one > other ? other : one ?? other;

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) =>
        value < least ? least
        : value > most ? most
        : value;

    private static double Fraction() => RandomNumberGenerator.GetInt32(1_000_000) / 1_000_000d;
}

/// <param name="DueAt">When the scheduler looks at it; null: never.</param>
/// <param name="NotBefore">No refresh earlier than this, whatever a lifetime says.</param>
internal sealed record RefreshTimes(DateTimeOffset? AccessExpiresAt, DateTimeOffset? DueAt, DateTimeOffset NotBefore);
