namespace Behalf.Client;

/// <summary>One call of a tool, as it is kept: never its arguments or its answer.</summary>
/// <param name="Status"><c>success</c>, <c>provider_error</c>, <c>platform_error</c>, or <c>running</c>.</param>
/// <param name="Duration">Zero while it runs.</param>
public sealed record ToolCallLog(
    string ExecutionId,
    string ToolName,
    string Connector,
    string ConnectionName,
    string AccountId,
    string Identifier,
    string Status,
    DateTimeOffset StartedAt,
    TimeSpan Duration
)
{
    /// <value>Null: it did not fail.</value>
    public string? ErrorCode { get; init; }

    public string? ErrorMessage { get; init; }

    public string? AgentRunId { get; init; }

    /// <value>Which door it came through.</value>
    public required string Source { get; init; }
}

/// <summary>Each given condition narrows; statuses and connectors widen one another.</summary>
public sealed record ToolCallQuery
{
    public DateTimeOffset? From { get; init; }

    public DateTimeOffset? To { get; init; }

    public IReadOnlyList<string> Statuses { get; init; } = [];

    public IReadOnlyList<string> Connectors { get; init; } = [];

    public string? ConnectionName { get; init; }

    public string? AccountId { get; init; }

    public string? Identifier { get; init; }

    public string? AgentRunId { get; init; }
}

/// <summary>Calls of a period, counted.</summary>
public sealed record ToolCallOverview(
    long Total,
    long Success,
    long ProviderErrors,
    long PlatformErrors,
    IReadOnlyDictionary<string, long> TopErrorCodes
);
