using Microsoft.Extensions.Logging;

namespace Behalf.Authorization;

/// <summary>
/// Token endpoints that take requests and do not answer. At a provider that rotates, each request without an answer leaves a
/// refresh token in doubt, and the one probe that is left for it must not go the same way: once several accounts of a
/// connection have waited in vain, with no answer between, one at a time finds out whether there is an answer again, and the
/// others wait. What this process saw, kept in memory. Safe to call concurrently.
/// </summary>
internal sealed partial class SilentEndpoints(TimeProvider time, ILogger<SilentEndpoints> logger)
{
    /// <value>So many accounts in a row without an answer: from then on no other token is spent.</value>
    public const int Few = 3;

    /// <value>After a trial in vain, until the next one; doubled each time.</value>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <value>
    /// For a probe, once <see cref="MostCosts"/> trials with users' tokens were in vain: one that was never sent comes first,
    /// since its account has another chance.
    /// </value>
    public static readonly TimeSpan ProbePause = TimeSpan.FromMinutes(10);

    /// <value>So many in a row may be replies that were lost in one moment.</value>
    public const int MostCosts = 4;

    /// <summary>While a trial is under way: it may be answered at any moment.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<ConnectionId, Silence> _silences = [];

    /// <value>Connections at which nobody may ask now.</value>
    public IReadOnlyCollection<ConnectionId> Shut
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _silences
                        .Where(one => one.Value.IsLong && WaitOf(one.Value, isProbe: false) is not null)
                        .Select(one => one.Key),
                ];
            }
        }
    }

    /// <summary>
    /// Before a request. An account that got its turn says by <see cref="Leave"/> when it is over, after one of the other
    /// methods if it has seen something.
    /// </summary>
    /// <param name="isProbe">The account's last request with this token: held back as soon as any other account waits in vain.</param>
    public AskingTurn Enter(ConnectionId connection, AccountId account, bool isProbe)
    {
        lock (_lock)
        {
            if (
                !_silences.TryGetValue(connection, out Silence? silence)
                || !silence.IsLong && !(isProbe && silence.IsOfOthersThan(account))
            )
            {
                return AskingTurn.Free;
            }

            if (WaitOf(silence, isProbe) is { } wait)
            {
                return new AskingTurn(wait, IsTrial: false);
            }

            silence.OnTrial = account;
            return new AskingTurn(null, IsTrial: true);
        }
    }

    /// <summary>The endpoint said yes or no to a request that counts.</summary>
    public void Answered(ConnectionId connection)
    {
        lock (_lock)
        {
            if (_silences.Remove(connection, out Silence? silence) && silence.IsLong)
            {
                Log.Speaks(logger, connection);
            }
        }
    }

    /// <summary>The account's request was sent, and nothing tells what became of it.</summary>
    public void Unanswered(ConnectionId connection, AccountId account)
    {
        lock (_lock)
        {
            if (!_silences.TryGetValue(connection, out Silence? silence))
            {
                _silences.Add(connection, silence = new Silence());
            }

            bool wasLong = silence.IsLong;
            silence.Add(account);
            if (silence.OnTrial == account)
            {
                silence.Costs++;
                Pause(silence);
            }

            if (silence.IsLong && !wasLong)
            {
                Log.IsSilent(logger, connection, Few);
            }
        }
    }

    /// <summary>The account's trial ended before its token was spent: not even a request that costs nothing is answered.</summary>
    /// <returns>How long to wait.</returns>
    public TimeSpan StillSilent(ConnectionId connection, AccountId account)
    {
        lock (_lock)
        {
            if (!_silences.TryGetValue(connection, out Silence? silence) || silence.OnTrial != account)
            {
                return Soon; // somebody was answered meanwhile
            }

            Pause(silence);
            silence.OnTrial = null;
            return silence.Pause;
        }
    }

    /// <summary>The account asks no more at the moment, whatever came of it.</summary>
    public void Leave(ConnectionId connection, AccountId account)
    {
        lock (_lock)
        {
            if (_silences.TryGetValue(connection, out Silence? silence) && silence.OnTrial == account)
            {
                silence.OnTrial = null;
            }
        }
    }

    private void Pause(Silence silence)
    {
        TimeSpan next = silence.Pause == TimeSpan.Zero ? FirstPause : silence.Pause * 2;
        silence.Pause = next < LongestPause ? next : LongestPause;
        silence.PausedAt = time.GetTimestamp();
    }

    private TimeSpan? WaitOf(Silence silence, bool isProbe)
    {
        if (silence.OnTrial is not null)
        {
            return Soon;
        }

        if (silence.Pause == TimeSpan.Zero)
        {
            return null; // it may have been a moment's trouble: the first may look at once
        }

        TimeSpan pause = isProbe && silence.Costs >= MostCosts ? ProbePause : silence.Pause;
        TimeSpan left = pause - time.GetElapsedTime(silence.PausedAt);
        return left > TimeSpan.Zero ? left : null;
    }

    private sealed class Silence
    {
        private readonly HashSet<AccountId> _accounts = [];

        public bool IsLong => _accounts.Count >= Few;

        public AccountId? OnTrial { get; set; }

        /// <value>Zero: no trial was in vain yet.</value>
        public TimeSpan Pause { get; set; }

        public long PausedAt { get; set; }

        /// <value>How many trials with users' tokens were in vain.</value>
        public int Costs { get; set; }

        public bool IsOfOthersThan(AccountId account) => _accounts.Any(other => other != account);

        public void Add(AccountId account)
        {
            if (!IsLong)
            {
                _accounts.Add(account);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            2251,
            LogLevel.Error,
            "The token endpoint of {Connection} takes requests and did not answer {Accounts} accounts in a row: the others wait, and one at a time finds out when it is back"
        )]
        public static partial void IsSilent(ILogger logger, ConnectionId connection, int accounts);

        [LoggerMessage(2252, LogLevel.Warning, "The token endpoint of {Connection} answers again")]
        public static partial void Speaks(ILogger logger, ConnectionId connection);
    }
}

/// <summary>Whether an account may ask its provider now.</summary>
/// <param name="Wait">How long it waits at least; null: it may ask.</param>
/// <param name="IsTrial">It asks for all: the others of its connection wait for what it learns.</param>
internal readonly record struct AskingTurn(TimeSpan? Wait, bool IsTrial)
{
    public static AskingTurn Free => default;
}
