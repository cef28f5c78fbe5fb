using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Storage.PostgreSql.Engine;

namespace Behalf.Storage.PostgreSql.Stores;

internal sealed class AccountRow : IKeyedRow
{
    /// <summary>What counting and conditions need.</summary>
    public const string From = """
        account a JOIN connection k ON k.environment_id = a.environment_id AND k.id = a.connection_id
        """;

    /// <summary>With the newest flow that is still open and has not expired, by database time.</summary>
    public const string Select = $"""
        SELECT a.environment_id, a.id, a.connection_id, k.name AS connection_name, k.connector, k.kind, a.identifier,
          a.incarnation, a.status, a.reason, a.generation, a.provider_user_key, a.provider_user_name, a.granted_scopes,
          a.api_config, a.organization_id, a.user_id, a.updated_at, a.row_version, c.access_expires_at, u.last_used_at,
          (SELECT f.step FROM authorization_flow f
           WHERE f.environment_id = a.environment_id AND f.account_id = a.id AND f.step < 5
             AND f.expires_at > behalf_now()
           ORDER BY f.created_at DESC, f.id DESC LIMIT 1) AS open_flow
        FROM {From}
        LEFT JOIN credential c
          ON c.environment_id = a.environment_id AND c.account_id = a.id AND c.generation = a.generation
        LEFT JOIN account_use u ON u.environment_id = a.environment_id AND u.account_id = a.id
        """;

    public required Guid EnvironmentId { get; init; }
    public required Guid Id { get; init; }
    public required Guid ConnectionId { get; init; }
    public required string ConnectionName { get; init; }
    public required string Connector { get; init; }
    public required long Kind { get; init; }
    public required string Identifier { get; init; }
    public required long Incarnation { get; init; }
    public required long Status { get; init; }
    public string? Reason { get; init; }
    public required long Generation { get; init; }
    public string? ProviderUserKey { get; init; }
    public string? ProviderUserName { get; init; }
    public required string GrantedScopes { get; init; }
    public string? ApiConfig { get; init; }
    public string? OrganizationId { get; init; }
    public string? UserId { get; init; }
    public required long UpdatedAt { get; init; }
    public required long RowVersion { get; init; }
    public long? AccessExpiresAt { get; init; }
    public long? LastUsedAt { get; init; }
    public long? OpenFlow { get; init; }

    public Guid PageKey => Id;

    public ConnectedAccount ToAccount() =>
        new()
        {
            Environment = EnvironmentId.ToId<EnvironmentId>(),
            Id = Id.ToId<AccountId>(),
            Connection = ConnectionId.ToId<ConnectionId>(),
            ConnectionName = Behalf.ConnectionName.Parse(ConnectionName),
            Connector = Connector,
            Kind = (CredentialKind)Kind,
            Identifier = Behalf.Identifier.Parse(Identifier),
            Incarnation = Incarnation,
            Status = (CredentialStatus)Status,
            Reason = Reason,
            Generation = Generation,
            ProviderUserKey = ProviderUserKey,
            ProviderUserName = ProviderUserName,
            GrantedScopes = ScopeSet.Parse(GrantedScopes),
            AccessExpiresAt = AccessExpiresAt?.ToInstant(),
            ApiConfig = ApiConfig,
            OrganizationId = OrganizationId,
            UserId = UserId,
            OpenFlow = (FlowStep?)OpenFlow,
            LastUsedAt = LastUsedAt?.ToInstant(),
            UpdatedAt = UpdatedAt.ToInstant(),
            RowVersion = RowVersion,
        };
}
