namespace Behalf.Sandbox.Faults;

internal enum FaultKind
{
    /// <summary>Answers with a status and Asana's error body instead of carrying the request out.</summary>
    Status,

    /// <summary>Waits, then carries on.</summary>
    Delay,

    /// <summary>Closes the connection; nothing is carried out.</summary>
    DropBefore,

    /// <summary>Carries the request out, then closes the connection without an answer.</summary>
    DropAfter,

    /// <summary>Sends the answer in small pieces, waiting before each.</summary>
    SlowBody,

    /// <summary>Answers with an HTML page instead of carrying the request out.</summary>
    Html,

    /// <summary>Promises the whole answer, sends half, closes the connection.</summary>
    Truncate,
}

/// <param name="User">User key.</param>
internal sealed record FaultMatch(string? Method = null, string? PathPrefix = null, string? User = null)
{
    public bool Fits(string method, string path, string? user) =>
        (Method is null || string.Equals(Method, method, StringComparison.OrdinalIgnoreCase))
        && (PathPrefix is null || path.StartsWith(PathPrefix, StringComparison.Ordinal))
        && (User is null || User == user);
}

/// <param name="Times">How many requests it hits before it is used up; at least one.</param>
/// <param name="RetryAfter">Seconds, for the header of that name; null leaves it out.</param>
internal sealed record FaultRule(
    FaultMatch Match,
    int Times,
    FaultKind Kind,
    int Status,
    int? RetryAfter,
    TimeSpan Delay
);

/// <summary>Rules in the order they were given; the first that fits is used. Safe for concurrent use.</summary>
internal sealed class FaultRules
{
    private readonly Lock _gate = new();
    private readonly List<FaultRule> _rules = [];

    public void Add(IEnumerable<FaultRule> rules)
    {
        lock (_gate)
        {
            _rules.AddRange(rules);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _rules.Clear();
        }
    }

    public IReadOnlyList<FaultRule> Remaining
    {
        get
        {
            lock (_gate)
            {
                return [.. _rules];
            }
        }
    }

    public FaultRule? Take(string method, string path, string? user)
    {
        lock (_gate)
        {
            var at = _rules.FindIndex(r => r.Match.Fits(method, path, user));
            if (at < 0)
            {
                return null;
            }
            var rule = _rules[at];
            if (rule.Times == 1)
            {
                _rules.RemoveAt(at);
            }
            else
            {
                _rules[at] = rule with { Times = rule.Times - 1 };
            }
            return rule;
        }
    }
}
