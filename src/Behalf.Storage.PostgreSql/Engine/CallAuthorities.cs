using Behalf.Audit;
using Behalf.Identity;
using Behalf.Vault;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Reads everything that allows calls, for a bundle of them, by one statement. On every call's path.</summary>
internal static class CallAuthorities
{
    /// <summary>What <see cref="ReadAsync"/> reads, of a call <c>i</c> with its <see cref="Rows"/>.</summary>
    public const string Columns = """
        c.epoch AS client_epoch,
        s.identifier AS session_identifier, s.incarnation AS session_incarnation, s.epoch AS session_epoch,
        u.incarnation AS user_incarnation, u.epoch AS user_epoch,
        k.policy_revision,
        a.incarnation AS account_incarnation, a.generation,
        cr.access_sealed, cr.refresh_sealed, cr.extra_sealed, cr.access_expires_at, cr.refresh_expires_at,
        cr.granted_scopes, d.wrapped_key, d.ring_key_id,
        c.limits_revision,
        g.identifier AS grant_identifier
        """;

    /// <summary>Everything that allows a call <c>i</c>; what is gone, disabled or ended is null.</summary>
    public const string Rows = """
        LEFT JOIN api_client c ON c.environment_id = i.environment_id AND c.id = i.client AND c.enabled
        LEFT JOIN user_session s
          ON s.environment_id = i.environment_id AND s.id = i.session AND s.client = i.client
          AND s.expires_at > behalf_now()
        LEFT JOIN oauth_grant g ON g.environment_id = i.environment_id AND g.id = i.granted AND g.ended_at IS NULL
        LEFT JOIN end_user u
          ON u.environment_id = i.environment_id AND u.identifier = i.identifier COLLATE "C" AND u.deleted_at IS NULL
        LEFT JOIN connection k
          ON k.environment_id = i.environment_id AND k.id = i.connection AND k.enabled AND k.deleted_at IS NULL
        LEFT JOIN account a
          ON a.environment_id = i.environment_id AND a.id = i.account AND a.connection_id = i.connection
          AND a.identifier = i.identifier COLLATE "C" AND a.status = 2 AND a.deleted_at IS NULL
        LEFT JOIN credential cr
          ON cr.environment_id = a.environment_id AND cr.account_id = a.id AND cr.generation = a.generation
        LEFT JOIN account_dek d ON d.environment_id = a.environment_id AND d.account_id = a.id
        """;

    private const string Read = $"""
        SELECT {Columns}
        FROM unnest($1, $2, $3, $4, $5, $6, $7) WITH ORDINALITY
          AS i (environment_id, client, session, identifier, connection, account, granted, place)
        {Rows}
        ORDER BY i.place
        """;

    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<StartItem> calls) => batch.Add(Read, Keys(calls));

    /// <returns>The values of $1 to $7: which rows allow each call.</returns>
    public static object[] Keys(IReadOnlyList<StartItem> calls) =>
        [
            calls.Select(call => call.Environment.Value).ToArray(),
            calls.Select(call => call.Intent.Subject.Principal.Client?.Value).ToArray(),
            calls.Select(call => call.Intent.Subject.Principal.Session?.Value).ToArray(),
            calls.Select(call => call.Intent.Subject.Identifier.Value).ToArray(),
            calls.Select(call => call.Intent.Connection.Value).ToArray(),
            calls.Select(call => call.Intent.Account.Value).ToArray(),
            calls.Select(call => call.Intent.Subject.Principal.Grant?.Value).ToArray(),
        ];

    /// <returns>One for each call, in their order.</returns>
    public static async Task<List<CallAuthority>> ReadAsync(NpgsqlDataReader reader, IReadOnlyList<StartItem> calls)
    {
        List<CallAuthority> authorities = new(calls.Count);
        while (await reader.ReadAsync())
        {
            authorities.Add(ReadOne(reader, calls[authorities.Count].Intent));
        }

        return authorities.Count == calls.Count
            ? authorities
            : throw new InvalidOperationException("A call's authority was not read.");
    }

    /// <summary>One row of <see cref="Columns"/>, which stand first in it.</summary>
    public static CallAuthority ReadOne(NpgsqlDataReader row, CallIntent intent) =>
        new()
        {
            ClientEpoch = NumberAt(row, 0),
            LimitsRevision = NumberAt(row, 17),
            SessionIdentifier = row.IsDBNull(1) ? null : row.GetString(1),
            GrantIdentifier = row.IsDBNull(18) ? null : row.GetString(18),
            SessionEpoch = EpochAt(row, 2),
            UserEpoch = EpochAt(row, 4),
            PolicyRevision = NumberAt(row, 6),
            AccountIncarnation = NumberAt(row, 7),
            Credential = row.IsDBNull(9) || row.IsDBNull(15) ? null : CredentialOf(row, intent),
        };

    private static SealedCredential CredentialOf(NpgsqlDataReader row, CallIntent intent) =>
        new()
        {
            Key = new AccountKey(
                intent.Subject.Environment,
                intent.Account,
                row.GetFieldValue<byte[]>(15),
                row.GetGuid(16).ToId<RingKeyId>()
            ),
            Connection = intent.Connection,
            Generation = row.GetInt64(8),
            AccessSealed = row.GetFieldValue<byte[]>(9),
            RefreshSealed = BytesAt(row, 10),
            ExtraSealed = BytesAt(row, 11),
            AccessExpiresAt = NumberAt(row, 12)?.ToInstant(),
            RefreshExpiresAt = NumberAt(row, 13)?.ToInstant(),
            GrantedScopes = ScopeSet.Parse(row.GetString(14)),
        };

    private static UserEpoch? EpochAt(NpgsqlDataReader row, int ordinal) =>
        NumberAt(row, ordinal) is { } incarnation ? new UserEpoch(incarnation, row.GetInt64(ordinal + 1)) : null;

    private static long? NumberAt(NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : row.GetInt64(ordinal);

    private static byte[]? BytesAt(NpgsqlDataReader row, int ordinal) =>
        row.IsDBNull(ordinal) ? null : row.GetFieldValue<byte[]>(ordinal);
}
