using System.Text.Json;
using Behalf.Events;
using Behalf.Storage.PostgreSql.Engine;
using Dapper;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class EventStore(PostgreSqlDatabase database) : IEventStore
{
    public Task<Page<StoredEvent>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadTogetherAsync(
            session =>
                new PageQuery(
                    "SELECT environment_id, id, type, account_id, data, occurred_at FROM event",
                    "event",
                    "environment_id = @environment",
                    "id"
                ).ReadAsync<Row, StoredEvent>(
                    session,
                    new DynamicParameters(new { environment = environment.ToColumn() }),
                    page,
                    row => row.ToEvent()
                ),
            cancellationToken
        );

    private sealed class Row : IKeyedRow
    {
        public required Guid EnvironmentId { get; init; }
        public required Guid Id { get; init; }
        public required string Type { get; init; }
        public required Guid AccountId { get; init; }
        public required string Data { get; init; }
        public required long OccurredAt { get; init; }

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
                OccurredAt.ToInstant()
            );
    }
}
