using System.Text.Json;
using Behalf.Events;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class EventStore(PostgreSqlDatabase database) : IEventStore
{
    // Accounts and connections stay as tombstones: events of deleted ones are told as fully as others.
    private const string From = """
        event e
        LEFT JOIN account a ON a.environment_id = e.environment_id AND a.id = e.account_id
        LEFT JOIN connection k ON k.environment_id = a.environment_id AND k.id = a.connection_id
        """;

    private const string Select = $"""
        SELECT e.environment_id, e.id, e.type, e.account_id, e.data, e.occurred_at, a.connection_id, a.organization_id,
          k.connector
        FROM {From}
        """;

    public Task<Page<StoredEvent>> ListAsync(
        EventFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session =>
            {
                (string where, DynamicParameters values) = Conditions(filter);
                return new PageQuery(Select, From, where, "e.id").ReadAsync<Row, StoredEvent>(
                    session,
                    values,
                    page,
                    row => row.ToEvent()
                );
            },
            cancellationToken
        );

    private static (string Where, DynamicParameters Values) Conditions(EventFilter filter)
    {
        List<string> where = ["e.environment_id = @environment"];
        DynamicParameters values = new();
        values.Add("environment", filter.Environment.ToColumn());
        Narrow("e.type = ANY (@types)", "types", filter.Types.Count == 0 ? null : filter.Types.ToArray());
        Narrow("e.occurred_at >= @from", "from", filter.From?.ToColumn());
        Narrow("e.occurred_at < @to", "to", filter.To?.ToColumn());
        Narrow("a.connection_id = @connection", "connection", filter.Connection?.ToColumn());
        Narrow("e.account_id = @account", "account", filter.Account?.ToColumn());
        Narrow("a.identifier = @identifier", "identifier", filter.Identifier);
        Narrow("a.organization_id = @organization", "organization", filter.OrganizationId);
        return (string.Join(" AND ", where), values);

        void Narrow(string condition, string name, object? value)
        {
            if (value is not null)
            {
                where.Add(condition);
                values.Add(name, value);
            }
        }
    }

    private sealed class Row : IKeyedRow
    {
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public required string Type { get; init; }
        public required Guid AccountId { get; init; }
        public required string Data { get; init; }
        public required long OccurredAt { get; init; }
        public Guid? ConnectionId { get; init; }
        public string? OrganizationId { get; init; }
        public string? Connector { get; init; }

        public Guid PageKey => Id;

        public StoredEvent ToEvent() =>
            new(
                Id.ToId<EventId>(),
                new EventDraft(
                    EnvironmentId.ToId<EnvironmentId>(),
                    Type,
                    AccountId.ToId<AccountId>(),
                    JsonSerializer.Deserialize(Data, StorageJson.Default.SortedDictionaryStringString)
                        ?? throw new FormatException("The column data holds no object.")
                ),
                OccurredAt.ToInstant(),
                ConnectionId?.ToId<ConnectionId>(),
                Connector,
                OrganizationId
            );
    }
}
