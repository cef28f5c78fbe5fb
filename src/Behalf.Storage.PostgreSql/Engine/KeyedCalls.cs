using Behalf.Audit;
using Npgsql;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>
/// The calls with a key of one bundle: read together, decided in memory in their order, written together. Every node locks
/// the keys of a bundle in the same order before it reads them.
/// </summary>
internal sealed class KeyedCalls
{
    private const string Lock = "SELECT pg_advisory_xact_lock(l.key) FROM unnest($1) WITH ORDINALITY AS l (key, place)";

    private const string Read = """
        SELECT i.environment_id, i.principal, i.key_digest, i.execution_id, i.content_digest, i.state, i.answer,
          i.outcome_sealed, i.expires_at
        FROM unnest($1, $2, $3) AS k (environment_id, principal, key_digest)
        JOIN idempotency i
          ON i.environment_id = k.environment_id AND i.principal = k.principal COLLATE "C"
          AND i.key_digest = k.key_digest COLLATE "C"
        """;

    private const string Finish = """
        UPDATE idempotency i
        SET state = e.state, outcome_sealed = e.outcome, expires_at = CASE WHEN i.named THEN i.expires_at ELSE e.expires END
        FROM unnest($1, $2, $3, $4, $5, $6, $7)
          AS e (environment_id, principal, key_digest, execution_id, state, outcome, expires)
        WHERE i.environment_id = e.environment_id AND i.principal = e.principal COLLATE "C"
          AND i.key_digest = e.key_digest COLLATE "C" AND i.execution_id = e.execution_id AND i.state = 1
        """;

    private const string Free = """
        DELETE FROM idempotency i
        USING unnest($1, $2, $3, $4) AS e (environment_id, principal, key_digest, execution_id)
        WHERE i.environment_id = e.environment_id AND i.principal = e.principal COLLATE "C"
          AND i.key_digest = e.key_digest COLLATE "C" AND i.execution_id = e.execution_id AND i.state = 1
        """;

    private const string Insert = """
        INSERT INTO idempotency
          (environment_id, principal, key_digest, named, content_digest, execution_id, expires_at, state, answer)
        SELECT b.*, 1, 1 FROM unnest($1, $2, $3, $4, $5, $6, $7) b
        ON CONFLICT (environment_id, principal, key_digest) DO UPDATE
        SET named = excluded.named, content_digest = excluded.content_digest, execution_id = excluded.execution_id,
          state = excluded.state, answer = excluded.answer, outcome_sealed = NULL, expires_at = excluded.expires_at
        """;

    private readonly Dictionary<KeyPlace, PriorCall> _prior = [];
    private readonly Dictionary<KeyPlace, (CallIntent Intent, DateTimeOffset At)> _begun = [];
    private readonly List<(KeyPlace Place, ExecutionId Execution, CallEnd End, DateTimeOffset At)> _ended = [];

    /// <summary>Two results: the locks, then the rows.</summary>
    public static void AddReading(NpgsqlBatch batch, IReadOnlyCollection<KeyPlace> places)
    {
        batch.Add(Lock, places.Select(place => place.Lock).Distinct().Order().ToArray());
        batch.Add(
            Read,
            places.Select(place => place.Environment.Value).ToArray(),
            places.Select(place => place.Principal).ToArray(),
            places.Select(place => place.Key).ToArray()
        );
    }

    /// <summary>Reads the rows, the reader standing on them.</summary>
    public async Task ReadAsync(NpgsqlDataReader row)
    {
        while (await row.ReadAsync())
        {
            KeyPlace place = new(row.GetGuid(0).ToId<EnvironmentId>(), row.GetString(1), row.GetString(2));
            _prior[place] = new PriorCall
            {
                Execution = row.GetGuid(3).ToId<ExecutionId>(),
                Content = row.GetString(4),
                State = (CallState)row.GetInt32(5),
                Answer = (AnswerFate)row.GetInt32(6),
                OutcomeSealed = row.IsDBNull(7) ? null : row.GetFieldValue<byte[]>(7),
                ExpiresAt = row.GetInt64(8).ToInstant(),
            };
        }
    }

    /// <returns>What the key stands for, with what came earlier in this bundle.</returns>
    public PriorCall? Find(KeyPlace place) => _prior.GetValueOrDefault(place);

    public void Begin(KeyPlace place, CallIntent intent, DateTimeOffset at)
    {
        _begun[place] = (intent, at);
        _prior[place] = new PriorCall
        {
            Execution = intent.Execution,
            Content = intent.Key!.Content,
            State = CallState.Running,
            Answer = AnswerFate.Open,
            ExpiresAt = at + CallKey.Life,
        };
    }

    /// <summary>Of a call that began in an earlier bundle; whoever repeats it in this one still finds it running.</summary>
    public void End(KeyPlace place, ExecutionId execution, CallEnd end, DateTimeOffset at) =>
        _ended.Add((place, execution, end, at));

    /// <summary>Ends first: a key that a new call takes over is the new call's.</summary>
    public void AddTo(NpgsqlBatch batch)
    {
        AddEnds(batch);
        if (_begun.Count == 0)
        {
            return;
        }

        batch.Add(
            Insert,
            _begun.Keys.Select(place => place.Environment.Value).ToArray(),
            _begun.Keys.Select(place => place.Principal).ToArray(),
            _begun.Keys.Select(place => place.Key).ToArray(),
            _begun.Values.Select(call => call.Intent.Key!.IsNamed).ToArray(),
            _begun.Values.Select(call => call.Intent.Key!.Content).ToArray(),
            _begun.Values.Select(call => call.Intent.Execution.Value).ToArray(),
            _begun.Values.Select(call => (call.At + CallKey.Life).ToColumn()).ToArray()
        );
    }

    private void AddEnds(NpgsqlBatch batch)
    {
        var finished = _ended.FindAll(ended => ended.End.State != CallState.Unsent);
        if (finished.Count > 0)
        {
            batch.Add(
                Finish,
                finished.Select(ended => ended.Place.Environment.Value).ToArray(),
                finished.Select(ended => ended.Place.Principal).ToArray(),
                finished.Select(ended => ended.Place.Key).ToArray(),
                finished.Select(ended => ended.Execution.Value).ToArray(),
                finished.Select(ended => (int)ended.End.State).ToArray(),
                finished.Select(ended => ended.End.OutcomeSealed).ToArray(),
                finished.Select(ended => (ended.At + ended.End.RepeatableFor).ToColumn()).ToArray()
            );
        }

        var freed = _ended.FindAll(ended => ended.End.State == CallState.Unsent);
        if (freed.Count > 0)
        {
            batch.Add(
                Free,
                freed.Select(ended => ended.Place.Environment.Value).ToArray(),
                freed.Select(ended => ended.Place.Principal).ToArray(),
                freed.Select(ended => ended.Place.Key).ToArray(),
                freed.Select(ended => ended.Execution.Value).ToArray()
            );
        }
    }
}
