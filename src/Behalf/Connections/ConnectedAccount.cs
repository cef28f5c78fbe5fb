namespace Behalf.Connections;

/// <summary>The state of the stored credential. The state on the wire is derived from it and the open flow.</summary>
public enum CredentialStatus
{
    /// <summary>Nothing was ever stored.</summary>
    None = 1,
    Active = 2,

    /// <summary>The provider refused it, or its outcome is unknown and its access token has ended.</summary>
    Expired = 3,

    /// <summary>Revoked or disconnected; the record stays.</summary>
    Disconnected = 4,
}

/// <summary>Numbers as in the wire contract.</summary>
public enum AccountState
{
    Active = 1,
    Expired = 2,
    PendingAuth = 3,
    PendingVerification = 4,
    Disconnected = 5,
}

/// <summary>Machine-readable reasons beside a state, spelled once.</summary>
public static class AccountReasons
{
    public const string NeverConnected = "never_connected";
    public const string AwaitingVerification = "awaiting_verification";
    public const string NeverVerified = "never_verified";
    public const string VerificationMismatch = "verification_mismatch";
    public const string CodeExpired = "code_expired";
    public const string Revoked = "revoked";
    public const string Disconnected = "disconnected";
    public const string RefreshRefused = "refresh_refused";
    public const string NoRefreshToken = "no_refresh_token";
    public const string CredentialRejected = "credential_rejected";
    public const string RotationLost = "rotation_lost";
    public const string RefreshOutcomeUnknown = "refresh_outcome_unknown";
    public const string ScopesMissing = "scopes_missing";
    public const string CredentialUnreadable = "credential_unreadable";
}

/// <summary>(environment, connection, identifier) and the state of its credential; never a token.</summary>
public sealed record ConnectedAccount
{
    public required EnvironmentId Environment { get; init; }

    public required AccountId Id { get; init; }

    public required ConnectionId Connection { get; init; }

    public required ConnectionName ConnectionName { get; init; }

    public required string Connector { get; init; }

    /// <value>Of the connection.</value>
    public Connectors.CredentialKind Kind { get; init; } = Connectors.CredentialKind.OAuth;

    public required Identifier Identifier { get; init; }

    /// <value>The user's incarnation it belongs to.</value>
    public required long Incarnation { get; init; }

    public required CredentialStatus Status { get; init; }

    /// <value>One of <see cref="AccountReasons"/>, when there is something to say.</value>
    public string? Reason { get; init; }

    /// <value>Zero: no credential yet.</value>
    public required long Generation { get; init; }

    /// <value>Keyed digest of the provider's own user id: pins the account to one provider user.</value>
    public string? ProviderUserKey { get; init; }

    /// <value>What the provider calls the user, for people; not a secret, personal.</value>
    public string? ProviderUserName { get; init; }

    public required ScopeSet GrantedScopes { get; init; }

    public DateTimeOffset? AccessExpiresAt { get; init; }

    public string? ApiConfig { get; init; }

    /// <value>Labels of the application; they narrow a look-up and never select by themselves.</value>
    public string? OrganizationId { get; init; }

    public string? UserId { get; init; }

    /// <value>The step of the newest flow that is still open, if any.</value>
    public Authorization.FlowStep? OpenFlow { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required long RowVersion { get; init; }

    /// <summary>A working account stays active on its old credential while a new flow runs.</summary>
    public AccountState State =>
        Status switch
        {
            CredentialStatus.Active => AccountState.Active,
            _ when OpenFlow is Authorization.FlowStep.AwaitingVerification or Authorization.FlowStep.Exchanging =>
                AccountState.PendingVerification,
            CredentialStatus.None => AccountState.PendingAuth,
            CredentialStatus.Expired => AccountState.Expired,
            CredentialStatus.Disconnected => AccountState.Disconnected,
            _ => throw new InvalidOperationException($"Unknown credential status {Status}."),
        };
}

/// <summary>Which accounts to list; each given condition narrows.</summary>
public sealed record AccountFilter
{
    public required EnvironmentId Environment { get; init; }

    public Identifier? Identifier { get; init; }

    public IReadOnlyList<ConnectionName> Connections { get; init; } = [];

    public string? Connector { get; init; }

    /// <value>A literal prefix of the identifier.</value>
    public string? IdentifierPrefix { get; init; }

    public string? OrganizationId { get; init; }

    public string? UserId { get; init; }

    /// <value>Leaves out those that are disconnected and have no open flow: there is nothing of them to stop.</value>
    public bool ExceptStopped { get; init; }
}
