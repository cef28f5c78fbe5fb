using Behalf.Audit;
using Behalf.Identity;
using Behalf.Storage.Sqlite.Columns;
using Behalf.Storage.Sqlite.Engine;
using Behalf.Vault;

namespace Behalf.Storage.Sqlite.Stores;

/// <summary>
/// A call starts here or not at all: in one transaction everything that allowed it is read again, the intent is appended
/// and the sealed credential fetched; or the refusal is appended; or, for a repeat, the call it repeats is found. On every call's path, so one prepared statement reads it
/// all.
/// </summary>
internal static class CallStart
{
    private static readonly Sql Authority = new(
        """
        SELECT
          c.epoch,
          s.identifier, s.incarnation, s.epoch,
          u.incarnation, u.epoch,
          k.policy_revision,
          a.incarnation, a.generation,
          cr.access_sealed, cr.refresh_sealed, cr.extra_sealed, cr.access_expires_at, cr.refresh_expires_at,
          cr.granted_scopes, d.wrapped_key, d.ring_key_id,
          c.limits_revision,
          g.identifier
        FROM (SELECT 1) one
        LEFT JOIN api_client c ON c.environment_id = @environment AND c.id = @client AND c.enabled = 1
        LEFT JOIN user_session s
          ON s.environment_id = @environment AND s.id = @session AND s.client = @client AND s.expires_at > behalf_now()
        LEFT JOIN oauth_grant g ON g.environment_id = @environment AND g.id = @grant AND g.ended_at IS NULL
        LEFT JOIN end_user u
          ON u.environment_id = @environment AND u.identifier = @identifier AND u.deleted_at IS NULL
        LEFT JOIN connection k
          ON k.environment_id = @environment AND k.id = @connection AND k.enabled = 1 AND k.deleted_at IS NULL
        LEFT JOIN account a
          ON a.environment_id = @environment AND a.id = @account AND a.connection_id = @connection
          AND a.identifier = @identifier AND a.status = 2 AND a.deleted_at IS NULL
        LEFT JOIN credential cr
          ON cr.environment_id = a.environment_id AND cr.account_id = a.id AND cr.generation = a.generation
        LEFT JOIN account_dek d ON d.environment_id = a.environment_id AND d.account_id = a.id
        """
    );

    public static StartResult Run(WriteContext context, CallIntent intent)
    {
        CallAuthority authority = Read(context, intent);
        StartResult.Refused? refusal = authority.Judge(intent);
        if (refusal is null && intent.Key is { } used)
        {
            PriorCall? prior = KeyedCalls.Find(context, intent, used);
            switch (RepeatRule.Decide(used, intent.Writes, prior, context.Now))
            {
                case RepeatVerdict.Repeat:
                    return new StartResult.Repeated(prior!, authority.Credential!.Key);
                case RepeatVerdict.OtherContent:
                    refusal = new StartResult.Refused(StartRefusal.KeyReused);
                    break;
                case RepeatVerdict.Start:
                    break;
                default:
                    throw new InvalidOperationException("Unknown verdict on a repeat.");
            }
        }

        if (refusal is not null)
        {
            context.Append(CallRecords.Denial(intent, refusal));
            return refusal;
        }

        StoredAuditRecord record = context.Append(CallRecords.Intent(intent));
        if (intent.Key is { } key)
        {
            KeyedCalls.Begin(context, intent, key, record.At);
        }

        context.Used(intent.Subject.Environment, intent.Account, record.At);
        return new StartResult.Started(new StartedCall(intent, authority.Credential!, record.At));
    }

    private static CallAuthority Read(WriteContext context, CallIntent intent)
    {
        ActingSubject subject = intent.Subject;
        using Statement.Rows row = context
            .Statement(Authority)
            .Bind("@environment", subject.Environment.ToColumn())
            .Bind("@client", subject.Principal.Client?.ToColumn())
            .Bind("@session", subject.Principal.Session?.ToColumn())
            .Bind("@grant", subject.Principal.Grant?.ToColumn())
            .Bind("@identifier", subject.Identifier.Value)
            .Bind("@connection", intent.Connection.ToColumn())
            .Bind("@account", intent.Account.ToColumn())
            .Query();
        row.Read();
        return new CallAuthority
        {
            ClientEpoch = row.NumberOrNull(0),
            LimitsRevision = row.NumberOrNull(17),
            SessionIdentifier = row.TextOrNull(1),
            GrantIdentifier = row.TextOrNull(18),
            SessionEpoch = EpochAt(row, 2),
            UserEpoch = EpochAt(row, 4),
            PolicyRevision = row.NumberOrNull(6),
            AccountIncarnation = row.NumberOrNull(7),
            Credential = row.IsNull(9) || row.IsNull(15) ? null : CredentialOf(row, intent),
        };
    }

    private static UserEpoch? EpochAt(Statement.Rows row, int ordinal) =>
        row.NumberOrNull(ordinal) is { } incarnation ? new UserEpoch(incarnation, row.Number(ordinal + 1)) : null;

    private static SealedCredential CredentialOf(Statement.Rows row, CallIntent intent) =>
        new()
        {
            Key = new AccountKey(
                intent.Subject.Environment,
                intent.Account,
                row.Bytes(15),
                row.Bytes(16).ToId<RingKeyId>()
            ),
            Connection = intent.Connection,
            Generation = row.Number(8),
            AccessSealed = row.Bytes(9),
            RefreshSealed = row.BytesOrNull(10),
            ExtraSealed = row.BytesOrNull(11),
            AccessExpiresAt = row.NumberOrNull(12)?.ToInstant(),
            RefreshExpiresAt = row.NumberOrNull(13)?.ToInstant(),
            GrantedScopes = ScopeSet.Parse(row.Text(14)),
        };
}
