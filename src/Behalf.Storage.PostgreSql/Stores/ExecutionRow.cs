using Behalf.Audit.Executions;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ExecutionRow : IKeyedRow
{
    public const string Select = """
        SELECT environment_id, id, identifier, agent_run, account_id, connection_id, connection_name, connector,
          organization_id, user_id, tool, source, status, error_code, error_message, provider_status, started_at, ended_at
        FROM execution
        """;

    public required Guid EnvironmentId { get; init; }
    public required Guid Id { get; init; }
    public string? Identifier { get; init; }
    public string? AgentRun { get; init; }
    public required Guid AccountId { get; init; }
    public Guid? ConnectionId { get; init; }
    public required string ConnectionName { get; init; }
    public string? Connector { get; init; }
    public string? OrganizationId { get; init; }
    public string? UserId { get; init; }
    public required string Tool { get; init; }
    public required string Source { get; init; }
    public required string Status { get; init; }
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }
    public int? ProviderStatus { get; init; }
    public required long StartedAt { get; init; }
    public long? EndedAt { get; init; }

    public Guid PageKey => Id;

    public Execution ToExecution() =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<ExecutionId>(),
            Identifier = Identifier,
            AgentRun = AgentRun,
            Account = AccountId.ToId<AccountId>(),
            Connection = ConnectionId?.ToId<ConnectionId>(),
            ConnectionName = ConnectionName,
            Connector = Connector,
            OrganizationId = OrganizationId,
            UserId = UserId,
            Tool = Tool,
            Source = Source,
            Status = Status,
            ErrorCode = ErrorCode,
            ErrorMessage = ErrorMessage,
            ProviderStatus = ProviderStatus,
            StartedAt = StartedAt.ToInstant(),
            EndedAt = EndedAt?.ToInstant(),
        };
}
