using System.Text.Json;
using Behalf.Events;
using Behalf.Storage.Sqlite.Columns;
using Dapper;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class EventStore(SqliteDatabase database) : IEventStore
{
    public Task<Page<StoredEvent>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                new PageQuery(
                    "SELECT environment_id, id, type, account_id, data, occurred_at FROM event",
                    "event",
                    "environment_id = @environment",
                    "id"
                ).Read<Row, StoredEvent>(
                    connection,
                    new DynamicParameters(new { environment = environment.ToColumn() }),
                    page,
                    row => row.ToEvent()
                ),
            cancellationToken
        );

    private sealed class Row : IKeyedRow
    {
        public required byte[] EnvironmentId { get; init; }
        public required byte[] Id { get; init; }
        public required string Type { get; init; }
        public required byte[] AccountId { get; init; }
        public required string Data { get; init; }
        public required long OccurredAt { get; init; }

        public byte[] PageKey => Id;

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
