using System.Collections.Concurrent;

namespace Behalf.Storage.PostgreSql.Engine;

/// <summary>Whose rows a look-up reads, where it reads rows of one user only, and of what all share.</summary>
internal sealed record UserRows(EnvironmentId Environment, Identifier Identifier);

/// <summary>
/// What was read since the last change by any node. Before it is used, the database is asked what has changed: once for each
/// request, and once for all that ask at the same time. Safe to call concurrently.
/// </summary>
internal sealed class ReadMemory
{
    /// <summary>Last uses and the like are shown, decide nothing and leave no mark: so long they may lag behind.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>A request that takes longer looks again.</summary>
    private static readonly TimeSpan MomentLasts = TimeSpan.FromSeconds(1);

    /// <summary>Users whose rows are remembered. When there are more, memory begins anew.</summary>
    private const int MostUsers = 2_000;

    private readonly ReadQueue _reads;
    private readonly TimeProvider _time;
    private readonly SharedLook _look;
    private Era _era;

    public ReadMemory(ReadQueue reads, TimeProvider time)
    {
        _reads = reads;
        _time = time;
        _look = new SharedLook(LookAsync);
        _era = new Era(null, time.GetTimestamp());
    }

    /// <param name="query">Names what is read; one for each query.</param>
    /// <param name="key">Its values, compared by value.</param>
    /// <param name="user">Null: any change is one of what is read.</param>
    /// <param name="keeps">Whether an answer stays true until the next change; null: each does.</param>
    public async Task<T> RecallAsync<T>(
        string query,
        object key,
        UserRows? user,
        Func<Task<T>> read,
        Func<T, bool>? keeps,
        CancellationToken cancellationToken
    )
    {
        await ConfirmAsync(cancellationToken);
        Era era = Volatile.Read(ref _era);
        Stretch stretch = era.Of(user);
        if (stretch.TryRecall<T>(query, key, out var known))
        {
            return await known;
        }

        T value = await read();
        _ = stretch.Keep(query, key, value, keeps);
        if (user is not null && stretch.IsEmpty)
        {
            era.Forget(user); // whoever names many that do not exist shall not crowd out those that do
        }
        else if (stretch.IsFull || era.IsFull)
        {
            Interlocked.CompareExchange(ref _era, era.Next(_time), era);
        }

        return value;
    }

    /// <summary>
    /// As above, for rows of one user who is known only once they were read, and is always the same. The first look-up tells
    /// who that is; from the second on they are remembered as that user's.
    /// </summary>
    public async Task<T?> RecallOfOwnerAsync<T>(
        string query,
        object key,
        Func<T, UserRows> owner,
        Func<Task<T?>> read,
        CancellationToken cancellationToken
    )
        where T : class
    {
        await ConfirmAsync(cancellationToken);
        Era era = Volatile.Read(ref _era);
        if (era.Of(null).TryRecall<UserRows?>(query, key, out var known))
        {
            return await RecallAsync(query, key, await known, read, null, cancellationToken);
        }

        T? value = await read();
        _ = era.Of(null).Keep(query, key, value is null ? null : owner(value), null);
        return value;
    }

    /// <summary>What is remembered was true after the request came; without a request, after this was called.</summary>
    private async ValueTask ConfirmAsync(CancellationToken cancellationToken)
    {
        RequestMoment? moment = RequestMoment.Current;
        if (moment?.IsConfirmed(this, MomentLasts, _time) == true)
        {
            return;
        }

        int writes = moment?.Writes ?? 0;
        long at = _time.GetTimestamp();
        await _look.TakeAsync().WaitAsync(cancellationToken);
        moment?.Confirm(this, at, writes);
    }

    /// <summary>One at a time.</summary>
    private async Task LookAsync()
    {
        Era era = Volatile.Read(ref _era);
        try
        {
            IReadOnlyList<ChangeMarks.Row> rows = await ChangeMarks.SinceAsync(
                _reads,
                era.Seen?.Snapshot,
                era.Seen?.Clock ?? 0
            );
            Seen now = new(rows[0].Snapshot, rows[0].Clock, rows[0].Started);
            era = Volatile.Read(ref _era); // it may have been full meanwhile; the marks are since the same snapshot
            if (HasEnded(era, now, rows))
            {
                Volatile.Write(ref _era, new Era(now, _time.GetTimestamp()));
                return;
            }

            foreach (ChangeMarks.Row mark in rows.Where(row => row.IsMark))
            {
                era.Forget(
                    new UserRows(mark.EnvironmentId!.Value.ToId<EnvironmentId>(), Identifier.Parse(mark.Identifier!))
                );
            }

            era.Seen = now;
        }
        catch
        {
            Volatile.Write(ref _era, new Era(null, _time.GetTimestamp()));
            throw;
        }
    }

    private bool HasEnded(Era era, Seen now, IReadOnlyList<ChangeMarks.Row> rows) =>
        era.Seen is not { } before
        || rows[0].IsStandby
        || before.Started != now.Started
        || now.Clock < before.Clock
        || now.Clock - before.Clock > (long)ChangeMarks.Reach.TotalMicroseconds
        || _time.GetElapsedTime(era.Began) > Longest
        || rows.Count > ChangeMarks.MostUsers
        || rows.Any(row => row is { IsMark: true, Identifier: null });

    /// <param name="Snapshot">What was committed when the database was asked last.</param>
    private sealed record Seen(string Snapshot, long Clock, long Started);

    /// <summary>From one change of what all share to the next. Each user's rows have a stretch of their own.</summary>
    private sealed class Era(Seen? seen, long began)
    {
        private const int RowsOfUser = 8;

        private readonly Stretch _shared = new();
        private readonly ConcurrentDictionary<UserRows, Stretch> _users = new();
        private int _count;

        /// <value>Only a look reads and changes it. Null: nothing was asked yet.</value>
        public Seen? Seen { get; set; } = seen;

        public long Began => began;

        public bool IsFull => Volatile.Read(ref _count) >= MostUsers;

        /// <summary>The next one when there is no more room in this: what this one was true of, it is true of as well.</summary>
        public Era Next(TimeProvider time) => new(Seen, time.GetTimestamp());

        public Stretch Of(UserRows? user)
        {
            if (user is null)
            {
                return _shared;
            }

            if (_users.TryGetValue(user, out Stretch? known))
            {
                return known;
            }

            Stretch added = new(RowsOfUser);
            Stretch kept = _users.GetOrAdd(user, added);
            if (ReferenceEquals(kept, added))
            {
                Interlocked.Increment(ref _count);
            }

            return kept;
        }

        public void Forget(UserRows user)
        {
            if (_users.TryRemove(user, out _))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }
}
