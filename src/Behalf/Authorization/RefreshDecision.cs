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
    public sealed record Send(bool IsProbe) : RefreshDecision;

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

        bool mayStillWork = !hasEnded && (reason != FreshenReason.Rejected || isNewer);
        if (credential.RefreshSealed is null)
        {
            return mayStillWork
                ? new Use(credential.AccessExpiresAt - now)
                : new Expire(profile.IsUsed ? AccountReasons.NoRefreshToken : AccountReasons.CredentialRejected);
        }

        if (subject.NotBefore is { } notBefore && notBefore > now)
        {
            bool isJustRenewed = subject.LastAttempt is RefreshAttemptState.None or RefreshAttemptState.Succeeded;
            return mayStillWork ? new Use() : new Wait(notBefore - now, isJustRenewed);
        }

        bool isUnknown =
            subject.LastAttempt is RefreshAttemptState.Sent or RefreshAttemptState.Unknown
            && subject.LastAttemptGeneration == credential.Generation;
        if (isUnknown && mayStillWork && !MayProbeAtOnce(profile))
        {
            return new Use(credential.AccessExpiresAt - now);
        }

        return new Send(isUnknown);
    }

    /// <summary>A superseded refresh token does no harm: the provider does not rotate, or its grace is known.</summary>
    public static bool MayProbeAtOnce(OAuthProfile profile) =>
        profile.Rotation == RefreshRotation.None || profile.RotationGrace > TimeSpan.Zero;
}
