using System.Text.Json;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class ConnectionRow : IKeyedRow
{
    public required Guid EnvironmentId { get; init; }
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Connector { get; init; }
    public required long Kind { get; init; }
    public required string ConnectorRevision { get; init; }
    public required string ToolPrefix { get; init; }
    public required string BaseUrl { get; init; }
    public required string OauthUrl { get; init; }
    public string? ClientId { get; init; }
    public byte[]? ClientSecretSealed { get; init; }
    public required string Scopes { get; init; }
    public string? AllowedTools { get; init; }
    public long? ProxyMode { get; init; }
    public required long PolicyRevision { get; init; }
    public required bool Enabled { get; init; }
    public required long CreatedAt { get; init; }
    public required long RowVersion { get; init; }

    public Guid PageKey => Id;

    public Connection ToConnection() =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<ConnectionId>(),
            Name = ConnectionName.Parse(Name),
            Connector = Connector,
            Kind = (CredentialKind)Kind,
            ConnectorRevision = ConnectorRevision,
            ToolPrefix = ToolPrefix,
            BaseUrl = new Uri(BaseUrl),
            OAuthUrl = new Uri(OauthUrl),
            ClientId = ClientId,
            ClientSecretSealed = ClientSecretSealed,
            Scopes = ScopeSet.Parse(Scopes),
            AllowedTools = AllowedTools is null
                ? null
                : JsonSerializer.Deserialize(AllowedTools, StorageJson.Default.StringArray),
            Proxy = (ProxyMode?)ProxyMode,
            PolicyRevision = PolicyRevision,
            Enabled = Enabled,
            CreatedAt = CreatedAt.ToInstant(),
            RowVersion = RowVersion,
        };
}
