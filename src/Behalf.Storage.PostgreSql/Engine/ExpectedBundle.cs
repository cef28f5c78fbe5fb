using Behalf.Identity;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// A bundle whose records are made before the database was asked anything: one statement reads what allows its calls, and
/// stores all of the records where everything is as they expect, or none of them. What allows a call is decided by
/// <see cref="CallAuthority.Judge"/> all the same, from what that statement read; its own condition is never wider.
/// </summary>
internal static class ExpectedBundle
{
    /// <summary>In microseconds: how far a record's time may be from the database's.</summary>
    private const long Soon = 1_000_000;

    // $1–$7 the calls as CallAuthorities has them, $8–$15 what each expects; $16 the time, $17 and $18 lane and process;
    // $19–$21 environments, where the lane should stand there and how, $22–$24 where it stands then; $25–$36 the records,
    // $37–$39 calls that open, $40–$41 calls that close.
    private static readonly string Write = $"""
        WITH called AS MATERIALIZED (
          SELECT {CallAuthorities.Columns}, i.place, coalesce(
            (i.is_person OR c.epoch = i.client_epoch AND c.limits_revision = i.limits_revision)
            AND (NOT i.is_person OR g.identifier = i.identifier COLLATE "C")
            AND (NOT i.is_session
              OR s.identifier = i.identifier COLLATE "C" AND s.incarnation = i.incarnation AND s.epoch = i.epoch)
            AND u.incarnation = i.incarnation AND u.epoch = i.epoch
            AND k.policy_revision = i.policy_revision
            AND a.incarnation = i.incarnation AND cr.access_sealed IS NOT NULL AND d.wrapped_key IS NOT NULL
            AND string_to_array(i.needed, ' ') <@ string_to_array(cr.granted_scopes, ' '), false) AS fits
          FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) WITH ORDINALITY
            AS i (environment_id, client, session, identifier, connection, account, granted, is_person, is_session,
              client_epoch, limits_revision, incarnation, epoch, policy_revision, needed, place)
          {CallAuthorities.Rows}),
        own AS MATERIALIZED (SELECT 1 FROM node WHERE name = $17 AND process = $18 FOR KEY SHARE),
        sure AS MATERIALIZED (
          SELECT coalesce((SELECT bool_and(called.fits) FROM called), true)
            AND EXISTS (SELECT 1 FROM own)
            AND abs(behalf_now() - $16) < {Soon}
            AND NOT EXISTS (
              SELECT 1 FROM unnest($19, $20, $21) AS b (environment_id, sequence, head)
              LEFT JOIN audit_lane l ON l.environment_id = b.environment_id AND l.lane = $17
              WHERE (l.owner, l.sequence, l.head) IS DISTINCT FROM ($18, b.sequence, b.head)) AS yes),
        moved AS (
          UPDATE audit_lane l SET sequence = n.sequence, head = n.head
          FROM unnest($22, $23, $24) AS n (environment_id, sequence, head) CROSS JOIN sure
          WHERE sure.yes AND l.environment_id = ANY ($22) AND l.environment_id = n.environment_id AND l.lane = $17),
        stored AS (
          INSERT INTO audit_record
            (lane, environment_id, sequence, id, version, kind, execution_id, identifier, agent_run, at, body, personal, hash)
          SELECT $17, r.*
          FROM unnest($25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36) AS r
          WHERE (SELECT yes FROM sure)),
        opened AS (
          INSERT INTO audit_open_call (process, lane, environment_id, execution_id, sequence)
          SELECT $18, $17, c.* FROM unnest($37, $38, $39) AS c WHERE (SELECT yes FROM sure)),
        closed AS (
          DELETE FROM audit_open_call o USING unnest($40, $41) {LaneBundle.Closed} AND (SELECT yes FROM sure))
        SELECT called.*, sure.yes FROM sure LEFT JOIN called ON true ORDER BY called.place
        """;

    /// <param name="calls">Those of which the bundle has the intents.</param>
    public static void AddTo(NpgsqlBatch batch, NodeName node, LaneBundle bundle, IReadOnlyList<StartItem> calls)
    {
        Principal[] principals = [.. calls.Select(call => call.Intent.Subject.Principal)];
        UserEpoch[] epochs = [.. calls.Select(call => call.Intent.Subject.Epoch)];
        batch.Add(
            Write,
            [
                .. CallAuthorities.Keys(calls),
                principals.Select(principal => principal.Kind == PrincipalKind.Person).ToArray(),
                principals.Select(principal => principal.Kind == PrincipalKind.UserSession).ToArray(),
                principals.Select(principal => principal.ClientEpoch).ToArray(),
                principals.Select(principal => principal.LimitsRevision).ToArray(),
                epochs.Select(epoch => epoch.Incarnation).ToArray(),
                epochs.Select(epoch => epoch.Epoch).ToArray(),
                calls.Select(call => call.Intent.PolicyRevision).ToArray(),
                calls.Select(call => call.Intent.NeededScopes.ToString()).ToArray(),
                bundle.Now.ToColumn(),
                node.Name,
                node.Process,
                bundle.Before.Heads.Keys.Select(environment => environment.Value).ToArray(),
                bundle.Before.Heads.Values.Select(head => head.Sequence).ToArray(),
                bundle.Before.Heads.Values.Select(head => head.Hash).ToArray(),
                .. bundle.HeadColumns(),
                .. bundle.RecordColumns(),
                .. bundle.OpenedColumns(),
                .. bundle.ClosedColumns(),
            ]
        );
    }

    /// <summary>Reads the result, the reader standing on it.</summary>
    /// <returns>One for each call, in their order; null when something is otherwise, and so nothing was stored.</returns>
    public static async Task<List<CallAuthority>?> ReadAsync(NpgsqlDataReader reader, IReadOnlyList<StartItem> calls)
    {
        List<CallAuthority> authorities = new(calls.Count);
        bool isSure = false;
        while (await reader.ReadAsync())
        {
            isSure = reader.GetBoolean(reader.FieldCount - 1);
            if (!isSure)
            {
                return null;
            }

            if (authorities.Count < calls.Count)
            {
                authorities.Add(CallAuthorities.ReadOne(reader, calls[authorities.Count].Intent));
            }
        }

        return isSure && authorities.Count == calls.Count
            ? authorities
            : throw new InvalidOperationException("A call's authority was not read.");
    }
}
