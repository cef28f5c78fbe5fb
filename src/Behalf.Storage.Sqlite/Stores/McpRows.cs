using System.Text.Json;
using Behalf.Mcp;
using Behalf.Storage.Sqlite.Columns;

namespace Behalf.Storage.Sqlite.Stores;

internal sealed class McpConfigRow : IKeyedRow
{
    public required byte[] EnvironmentId { get; init; }
    public required byte[] Id { get; init; }
    public string? Name { get; init; }
    public string? Identifier { get; init; }
    public required string Description { get; init; }
    public required byte[] Server { get; init; }
    public required long UpdatedAt { get; init; }
    public required long RowVersion { get; init; }

    public byte[] PageKey => Id;

    public McpConfig ToConfig(IReadOnlyList<McpMapping> mappings) =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<McpConfigId>(),
            Name = Name,
            Identifier = Identifier is { } text ? Behalf.Identifier.Parse(text) : null,
            Description = Description,
            Mappings = mappings,
            Server = new Guid(Server, bigEndian: true),
            UpdatedAt = UpdatedAt.ToInstant(),
            RowVersion = RowVersion,
        };
}

internal sealed class McpMappingRow
{
    public required byte[] ConfigId { get; init; }
    public required byte[] ConnectionId { get; init; }
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
    public required byte[] EnvironmentId { get; init; }
    public required byte[] Id { get; init; }
    public required byte[] ConfigId { get; init; }
    public required string Name { get; init; }
    public required string Identifier { get; init; }
    public required byte[] Server { get; init; }
    public long? LastUsedAt { get; init; }
    public required long UpdatedAt { get; init; }
    public required long RowVersion { get; init; }

    public byte[] PageKey => Id;

    public McpInstance ToInstance(McpConfig config) =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<McpInstanceId>(),
            Name = Name,
            Identifier = Behalf.Identifier.Parse(Identifier),
            Config = config,
            Server = new Guid(Server, bigEndian: true),
            LastUsedAt = LastUsedAt?.ToInstant(),
            UpdatedAt = UpdatedAt.ToInstant(),
            RowVersion = RowVersion,
        };
}
