namespace Behalf.Audit.Executions;

/// <summary>One call as the log tells it: a projection of the audit, which remains what counts.</summary>
public sealed record Execution
{
    public required EnvironmentId Environment { get; init; }

    public required ExecutionId Id { get; init; }

    /// <value>Null once redacted.</value>
    public string? Identifier { get; init; }

    public string? AgentRun { get; init; }

    public required AccountId Account { get; init; }

    public ConnectionId? Connection { get; init; }

    public required string ConnectionName { get; init; }

    /// <value>The connector's slug.</value>
    public string? Connector { get; init; }

    public string? OrganizationId { get; init; }

    public string? UserId { get; init; }

    public required string Tool { get; init; }

    /// <value>One of <see cref="ExecutionSources"/>.</value>
    public required string Source { get; init; }

    /// <value>One of <see cref="ExecutionStatuses"/>.</value>
    public required string Status { get; init; }

    /// <value>A stable name, when it did not succeed.</value>
    public string? ErrorCode { get; init; }

    /// <value>What the caller was told, where the environment logs errors in detail.</value>
    public string? ErrorMessage { get; init; }

    public int? ProviderStatus { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <value>Null while it runs.</value>
    public DateTimeOffset? EndedAt { get; init; }
}

public static class ExecutionStatuses
{
    public const string Running = "running";
    public const string Success = "success";
    public const string ProviderError = "provider_error";
    public const string PlatformError = "platform_error";
}

public static class ExecutionSources
{
    public const string Api = "API";
    public const string Mcp = "MCP";
}

/// <summary>Conditions of different fields narrow together; values within a field widen.</summary>
public sealed record ExecutionFilter
{
    public required EnvironmentId Environment { get; init; }

    public DateTimeOffset? From { get; init; }

    /// <value>Exclusive.</value>
    public DateTimeOffset? To { get; init; }

    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <value>Slugs.</value>
    public IReadOnlyList<string> Connectors { get; init; } = [];

    public IReadOnlyList<string> ErrorCodes { get; init; } = [];

    public ConnectionId? Connection { get; init; }

    public string? ConnectionName { get; init; }

    public AccountId? Account { get; init; }

    public string? Identifier { get; init; }

    public string? AgentRun { get; init; }
}

/// <summary>How many ended executions are alike.</summary>
/// <param name="Bucket">Counted from the first bucket's beginning.</param>
public sealed record ExecutionCount(long Bucket, string Connector, string Status, string? ErrorCode, long Count);
