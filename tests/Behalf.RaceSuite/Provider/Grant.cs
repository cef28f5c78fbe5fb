namespace Behalf.RaceSuite.Provider;

/// <summary>What one user granted, and what became of it. Changed under the ledger's lock only.</summary>
internal sealed class Grant(Habit habit, string user)
{
    public Habit Habit => habit;

    public string User => user;

    /// <value>False once it was revoked, or a superseded refresh token came again.</value>
    public bool IsLive { get; set; } = true;

    public bool IsRevoked { get; set; }

    public string NewestRefresh { get; set; } = string.Empty;

    public string NewestAccess { get; set; } = string.Empty;

    /// <value>How many requests with one of its refresh tokens arrived.</value>
    public int RefreshRequests { get; set; }

    /// <value>How many of them were carried out.</value>
    public int Renewals { get; set; }

    /// <value>How many of them brought a token whose earlier request was not refused out of hand.</value>
    public int Repeats { get; set; }

    /// <value>How many of those the servers had not on record as a probe when they came.</value>
    public int UnrecordedRepeats { get; set; }

    /// <value>Access tokens issued up to this number have ended.</value>
    public int EndedThrough { get; set; }

    public int AccessIssued { get; set; }
}

/// <summary>One refresh token.</summary>
internal sealed class RefreshToken(Grant grant)
{
    public Grant Grant => grant;

    public DateTimeOffset? SupersededAt { get; set; }

    /// <value>Requests that were carried out, or that may have been as far as the caller can know.</value>
    public int Presented { get; set; }
}

internal sealed record AccessToken(Grant Grant, int Number, DateTimeOffset ExpiresAt);

/// <summary>A call of the API as its caller marked it.</summary>
internal sealed record MarkedCall(string Mark, bool Writes);

/// <summary>What a token request gives.</summary>
internal sealed record Pair(Grant Grant, string Access, string Refresh);
