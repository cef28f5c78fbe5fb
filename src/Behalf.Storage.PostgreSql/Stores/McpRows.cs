using System.Text.Json;
using Behalf.Mcp;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class McpConfigRow : IKeyedRow
{
    public required Guid EnvironmentId { get; init; }
    public required Guid Id { get; init; }
    public string? Name { get; init; }
    public string? Identifier { get; init; }
    public required string Description { get; init; }
    public required Guid Server { get; init; }
    public required long UpdatedAt { get; init; }
    public required long RowVersion { get; init; }

    public Guid PageKey => Id;

    public McpConfig ToConfig(IReadOnlyList<McpMapping> mappings) =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<McpConfigId>(),
            Name = Name,
            Identifier = Identifier is { } text ? Behalf.Identifier.Parse(text) : null,
            Description = Description,
            Mappings = mappings,
            Server = Server,
            UpdatedAt = UpdatedAt.ToInstant(),
            RowVersion = RowVersion,
        };
}

internal sealed class McpMappingRow
{
    public required Guid ConfigId { get; init; }
    public required Guid ConnectionId { get; init; }
    public required string Name { get; init; }
    public required string Connector { get; init; }
    public required string Tools { get; init; }

    public McpMapping ToMapping() =>
        new(
            ConnectionId.ToId<ConnectionId>(),
            ConnectionName.Parse(Name),
            Connector,
            JsonSerializer.Deserialize(Tools, StorageJson.Default.StringArray) ?? []
        );
}

internal sealed class McpInstanceRow : IKeyedRow
{
    public required Guid EnvironmentId { get; init; }
    public required Guid Id { get; init; }
    public required Guid ConfigId { get; init; }
    public required string Name { get; init; }
    public required string Identifier { get; init; }
    public required Guid Server { get; init; }
    public long? LastUsedAt { get; init; }
    public required long UpdatedAt { get; init; }
    public required long RowVersion { get; init; }

    public Guid PageKey => Id;

    public McpInstance ToInstance(McpConfig config) =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<McpInstanceId>(),
            Name = Name,
            Identifier = Behalf.Identifier.Parse(Identifier),
            Config = config,
            Server = Server,
            LastUsedAt = LastUsedAt?.ToInstant(),
            UpdatedAt = UpdatedAt.ToInstant(),
            RowVersion = RowVersion,
        };
}
