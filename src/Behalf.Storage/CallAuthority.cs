using Behalf.Audit;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Storage;

/// <summary>
/// What a call's own transaction finds of everything that allowed it a moment before: rows that are gone, disabled or ended
/// are null.
/// </summary>
internal sealed record CallAuthority
{
    public long? ClientEpoch { get; init; }

    public long? LimitsRevision { get; init; }

    public string? SessionIdentifier { get; init; }

    /// <value>Whose grant it is that a person's client calls on.</value>
    public string? GrantIdentifier { get; init; }

    public UserEpoch? SessionEpoch { get; init; }

    public UserEpoch? UserEpoch { get; init; }

    public long? PolicyRevision { get; init; }

    public long? AccountIncarnation { get; init; }

    /// <value>The account's current one, still sealed.</value>
    public SealedCredential? Credential { get; init; }

    /// <returns>Why the call may not start; null when it may, with <see cref="Credential"/>.</returns>
    public StartResult.Refused? Judge(CallIntent intent)
    {
        ActingSubject subject = intent.Subject;
        Principal principal = subject.Principal;
        bool isSession = principal.Kind == PrincipalKind.UserSession;
        bool isPerson = principal.Kind == PrincipalKind.Person; // allowed by a grant, with no API client behind it
        if (
            principal.Kind == PrincipalKind.Operator
            || principal.Environment != subject.Environment
            || (!isPerson && ClientEpoch != principal.ClientEpoch)
        )
        {
            return new StartResult.Refused(StartRefusal.ClientRemoved);
        }

        if (!isPerson && LimitsRevision != principal.LimitsRevision)
        {
            return new StartResult.Refused(StartRefusal.ClientChanged);
        }

        if (isPerson && GrantIdentifier != subject.Identifier.Value)
        {
            return new StartResult.Refused(StartRefusal.SessionEnded);
        }

        if (isSession && SessionIdentifier != subject.Identifier.Value)
        {
            return new StartResult.Refused(StartRefusal.SessionEnded);
        }

        if (UserEpoch != subject.Epoch || (isSession && SessionEpoch != subject.Epoch))
        {
            return new StartResult.Refused(StartRefusal.UserSignedOut);
        }

        if (PolicyRevision != intent.PolicyRevision)
        {
            return new StartResult.Refused(StartRefusal.ConnectionChanged);
        }

        if (AccountIncarnation != subject.Epoch.Incarnation || Credential is null)
        {
            return new StartResult.Refused(StartRefusal.AccountNotActive);
        }

        // No scopes needed: the grant held the full scope, or the tool needs none.
        return intent.NeededScopes.Count == 0 || Credential.GrantedScopes.Covers(intent.NeededScopes)
            ? null
            : new StartResult.Refused(StartRefusal.ScopesMissing)
            {
                Missing = intent.NeededScopes.Except(Credential.GrantedScopes),
            };
    }
}
