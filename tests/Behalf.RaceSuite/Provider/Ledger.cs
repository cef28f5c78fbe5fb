using System.Buffers.Text;
using System.Security.Cryptography;

namespace Behalf.RaceSuite.Provider;

/// <summary>
/// The provider's own books, by which the suite judges: every grant, token and request. Safe to call concurrently.
/// </summary>
internal sealed class Ledger(TimeProvider time)
{
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<(Habit Habit, string User), Grant> _grants = [];
    private readonly Dictionary<string, RefreshToken> _refresh = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AccessToken> _access = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _calls = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<MarkedCall>> _marked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _notes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _revoked = new(StringComparer.Ordinal);

    /// <value>Of tokens issued from now on.</value>
    public TimeSpan AccessLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The user consents, again where there was a grant.</summary>
    public Pair Give(Habit habit, string user)
    {
        lock (_lock)
        {
            Grant grant = new(habit, user);
            _grants[(habit, user)] = grant;
            return Issue(grant, NewRefresh(grant));
        }
    }

    public Grant? Find(Habit habit, string user)
    {
        lock (_lock)
        {
            return _grants.GetValueOrDefault((habit, user));
        }
    }

    /// <summary>A request with this token arrived.</summary>
    /// <param name="isRepeat">It came before, and its caller cannot know that nothing was carried out.</param>
    /// <returns>Null: nobody has it from here.</returns>
    public Grant? Arrive(string refreshToken, out bool isRepeat)
    {
        lock (_lock)
        {
            isRepeat = false;
            if (!_refresh.TryGetValue(refreshToken, out RefreshToken? token))
            {
                return null;
            }

            token.Grant.RefreshRequests++;
            if (++token.Presented > 1 && token.Grant.Habit != Habit.Steady)
            {
                token.Grant.Repeats++;
                isRepeat = true;
            }

            return token.Grant;
        }
    }

    /// <summary>A token came again although the servers' books do not have it as asked once more after an unknown outcome.</summary>
    public void RepeatedUnrecorded(Grant grant)
    {
        lock (_lock)
        {
            grant.UnrecordedRepeats++;
        }
    }

    /// <summary>The caller was told that its request was not carried out: the token may come again.</summary>
    public void TurnedAway(string refreshToken)
    {
        lock (_lock)
        {
            _refresh[refreshToken].Presented--;
        }
    }

    /// <returns>Null: refused.</returns>
    public Pair? Renew(string refreshToken)
    {
        lock (_lock)
        {
            if (!_refresh.TryGetValue(refreshToken, out RefreshToken? token) || !token.Grant.IsLive)
            {
                return null;
            }

            Grant grant = token.Grant;
            if (grant.Habit == Habit.Steady)
            {
                grant.Renewals++;
                return Issue(grant, refreshToken);
            }

            if (token.SupersededAt is { } at && (grant.Habit == Habit.Strict || time.GetUtcNow() - at > Grace))
            {
                grant.IsLive = false; // someone else has the token
                return null;
            }

            token.SupersededAt ??= time.GetUtcNow();
            grant.Renewals++;
            return Issue(grant, NewRefresh(grant));
        }
    }

    /// <summary>A call with this access token.</summary>
    /// <param name="note">What is written, by an id of its own; null: it reads.</param>
    /// <param name="mark">What its caller calls it, in the trail as well; null: nothing.</param>
    /// <returns>Whose it is; null: it works no more.</returns>
    public string? Call(string accessToken, string? note, string? mark)
    {
        lock (_lock)
        {
            string? user = OwnerOf(accessToken);
            if (user is null)
            {
                return null;
            }

            _calls[user] = _calls.GetValueOrDefault(user) + 1;
            if (mark is not null)
            {
                if (!_marked.TryGetValue(user, out List<MarkedCall>? marked))
                {
                    _marked.Add(user, marked = []);
                }

                marked.Add(new MarkedCall(mark, Writes: note is not null));
            }

            if (note is not null)
            {
                _notes[note] = _notes.GetValueOrDefault(note) + 1;
            }

            return user;
        }
    }

    /// <summary>Whose an access token is, without a call in their name.</summary>
    public string? Whose(string accessToken)
    {
        lock (_lock)
        {
            return OwnerOf(accessToken);
        }
    }

    public void Revoke(string token)
    {
        lock (_lock)
        {
            _revoked.Add(token);
            Grant? grant = _refresh.TryGetValue(token, out RefreshToken? refresh)
                ? refresh.Grant
                : _access.GetValueOrDefault(token)?.Grant;
            if (grant is not null)
            {
                (grant.IsLive, grant.IsRevoked) = (false, true);
            }
        }
    }

    public bool IsRevoked(string token)
    {
        lock (_lock)
        {
            return _revoked.Contains(token);
        }
    }

    /// <summary>The access tokens issued until then have ended; the refresh token stays.</summary>
    /// <param name="through">Of <see cref="Grant.AccessIssued"/>.</param>
    public void EndAccess(Habit habit, string user, int through)
    {
        lock (_lock)
        {
            _grants[(habit, user)].EndedThrough = through;
        }
    }

    /// <summary>How many calls were let in for the user.</summary>
    public int CallsOf(string user)
    {
        lock (_lock)
        {
            return _calls.GetValueOrDefault(user);
        }
    }

    /// <summary>The calls that were let in for the user and had a mark.</summary>
    public IReadOnlyList<MarkedCall> MarkedCallsOf(string user)
    {
        lock (_lock)
        {
            return [.. _marked.GetValueOrDefault(user) ?? []];
        }
    }

    /// <summary>Counts calls anew: the records of the ones before are gone with the database that held them.</summary>
    public void ForgetCalls(IEnumerable<string> users)
    {
        lock (_lock)
        {
            foreach (string user in users)
            {
                _calls.Remove(user);
                _marked.Remove(user);
            }
        }
    }

    /// <summary>How often the note was written.</summary>
    public int TimesWritten(string note)
    {
        lock (_lock)
        {
            return _notes.GetValueOrDefault(note);
        }
    }

    private string? OwnerOf(string accessToken) =>
        _access.TryGetValue(accessToken, out AccessToken? token)
        && token.Grant.IsLive
        && token.Number > token.Grant.EndedThrough
        && token.ExpiresAt > time.GetUtcNow()
            ? token.Grant.User
            : null;

    private Pair Issue(Grant grant, string refresh)
    {
        string access = NewToken("at");
        _access[access] = new AccessToken(grant, ++grant.AccessIssued, time.GetUtcNow() + AccessLifetime);
        (grant.NewestAccess, grant.NewestRefresh) = (access, refresh);
        return new Pair(grant, access, refresh);
    }

    private string NewRefresh(Grant grant)
    {
        string token = NewToken("rt");
        _refresh[token] = new RefreshToken(grant);
        return token;
    }

    private static string NewToken(string kind) =>
        $"{kind}-{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24))}";
}
