namespace Behalf.Limits;

/// <summary>How much of one node each of them may have, so that none takes it from the others.</summary>
public sealed class LimitOptions
{
    public ScopeLimit Environment { get; } = new() { AtOnce = 4_000 };

    /// <value>Of one API client, user session or MCP token; counts requests to the API too.</value>
    public ScopeLimit Credential { get; } = new() { AtOnce = 2_000 };

    /// <value>Counts requests to MCP servers too.</value>
    public ScopeLimit Identifier { get; } = new() { AtOnce = 500 };

    public ScopeLimit Connection { get; } = new() { AtOnce = 1_000 };

    /// <value>Of a provider's host, whoever calls it.</value>
    public ScopeLimit Host { get; } = new() { AtOnce = 1_000 };

    /// <value>Of links for one user to connect an account, except those that an application itself asks for.</value>
    public ScopeLimit Link { get; } = new() { AtOnce = 10, PerMinute = 20 };
}

public sealed class ScopeLimit
{
    /// <value>How many calls may run at once. At least 1.</value>
    public int AtOnce { get; set; }

    /// <value>How many may begin in a minute, and all of them together; 0: as many as come.</value>
    public int PerMinute { get; set; }
}
