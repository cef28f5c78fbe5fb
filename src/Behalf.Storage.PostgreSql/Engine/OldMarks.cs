using Dapper;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// Removes the marks that nobody can ask for any more: of transactions that had ended when a snapshot was taken that is older
/// than any which is still asked with. Their own times tell nothing of it, since a transaction may be committed long after it
/// left its mark. For one caller at a time.
/// </summary>
/// <param name="time">Of intervals; no clock is compared.</param>
internal sealed class OldMarks(TimeProvider time)
{
    /// <summary>In one turn, which is a part of a heartbeat.</summary>
    private const int Most = 5_000;

    /// <summary>Twice as long as who looks may reach back.</summary>
    private static readonly TimeSpan Age = 2 * ChangeMarks.Reach;

    private string? _ended;
    private long _takenAt;

    public async Task RemoveAsync(NpgsqlConnection connection)
    {
        if (_ended is not null && time.GetElapsedTime(_takenAt) < Age)
        {
            return;
        }

        if (
            _ended is not null
            && await connection.ExecuteAsync(
                """
                DELETE FROM change_mark WHERE ctid IN (
                  SELECT ctid FROM change_mark WHERE transaction < @ended::text::xid8
                  ORDER BY transaction LIMIT @most FOR UPDATE SKIP LOCKED)
                """,
                new { ended = _ended, most = Most }
            ) == Most
        )
        {
            return; // there are more of them
        }

        _ended = await connection.ExecuteScalarAsync<string>("SELECT pg_snapshot_xmin(pg_current_snapshot())::text");
        _takenAt = time.GetTimestamp();
    }
}
