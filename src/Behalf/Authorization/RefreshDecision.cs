using Behalf.Connections;
using Behalf.Connectors;

namespace Behalf.Authorization;

/// <summary>What to do about one account under its refresh lease. Pure: the same facts give the same decision.</summary>
internal abstract record RefreshDecision
{
    private RefreshDecision() { }

    /// <param name="HoldBack">When the scheduler must not look again at once.</param>
    public sealed record Use(TimeSpan? HoldBack = null) : RefreshDecision;

    /// <param name="Reason">The account is not usable and already says so.</param>
    public sealed record Refuse(string Reason) : RefreshDecision;

    /// <summary>The account must be marked as expired.</summary>
    public sealed record Expire(string Reason) : RefreshDecision;

    /// <param name="IsJustRenewed">The credential in place is brand new; else the last attempt did not succeed.</param>
    public sealed record Wait(TimeSpan For, bool IsJustRenewed) : RefreshDecision;

    /// <param name="IsProbe">An earlier request with this refresh token may have been carried out.</param>
    /// <param name="MayStillWork">The access token in place: it is used on if the outcome stays unknown.</param>
    public sealed record Send(bool IsProbe, bool MayStillWork) : RefreshDecision;

    /// <summary>
    /// What a request may need to reach the provider: a grace that ends earlier than that is none. A node's distance to the
    /// database's time is in it.
    /// </summary>
    public static readonly TimeSpan Underway = TimeSpan.FromSeconds(5);

    /// <summary>When nothing says how long the token in place will work: the scheduler looks again then.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromDays(1);

    public static RefreshDecision Decide(
        RefreshSubject subject,
        long knownGeneration,
        FreshenReason reason,
        OAuthProfile profile,
        RefreshSchedule schedule,
        DateTimeOffset now
    )
    {
        Vault.SealedCredential credential = subject.Credential;
        if (subject.Account.Status != CredentialStatus.Active)
        {
            return new Refuse(subject.Account.Reason ?? AccountReasons.Disconnected);
        }

        bool isNewer = credential.Generation > knownGeneration;
        bool hasEnded = schedule.HasEnded(credential);
        if (isNewer && !hasEnded)
        {
            return new Use(); // someone else refreshed: theirs
        }

        if (reason == FreshenReason.BeforeUse && !schedule.IsStale(credential))
        {
            return new Use();
        }

        // The list it was found in is some moments old: another node may have refreshed it since.
        if (reason == FreshenReason.Due && !hasEnded && !(subject.DueAt <= now + Underway))
        {
            return new Use();
        }

        bool mayStillWork = !hasEnded && (reason != FreshenReason.Rejected || isNewer);
        TimeSpan untilItsEnd = credential.AccessExpiresAt - now ?? LookAgain;
        if (credential.RefreshSealed is null)
        {
            return mayStillWork
                ? new Use(untilItsEnd)
                : new Expire(profile.IsUsed ? AccountReasons.NoRefreshToken : AccountReasons.CredentialRejected);
        }

        bool rotates = profile.Rotation != RefreshRotation.None;
        if (subject.IsProbed && rotates)
        {
            return mayStillWork ? new Use(untilItsEnd) : new Expire(AccountReasons.RefreshOutcomeUnknown);
        }

        if (subject.NotBefore is { } notBefore && notBefore > now)
        {
            bool isJustRenewed = subject.LastAttempt is RefreshAttemptState.None or RefreshAttemptState.Succeeded;
            return mayStillWork ? new Use() : new Wait(notBefore - now, isJustRenewed);
        }

        bool isUnknown = subject.IsOutcomeUnknown;
        return isUnknown && mayStillWork && !MayProbe(profile, subject.AttemptAt, now)
            ? new Use(untilItsEnd)
            : new Send(isUnknown, mayStillWork);
    }

    /// <summary>
    /// How long after a refresh token was sent for the first time sending it again does no harm, whatever became of that:
    /// always with a provider that does not rotate (null), else within its known grace.
    /// </summary>
    public static TimeSpan? ProbeWindow(OAuthProfile profile) =>
        profile.Rotation == RefreshRotation.None ? null
        : profile.RotationGrace > Underway ? profile.RotationGrace - Underway
        : TimeSpan.Zero;

    /// <param name="firstSent">Null: not known, and then no grace is counted on.</param>
    public static bool MayProbe(OAuthProfile profile, DateTimeOffset? firstSent, DateTimeOffset now) =>
        ProbeWindow(profile) is not { } window || now < firstSent + window;
}
