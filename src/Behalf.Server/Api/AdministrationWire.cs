using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Google.Protobuf.WellKnownTypes;
using Wired = Behalf.Wire.Administration;

namespace Behalf.Server.Api;

/// <summary>Environments, connections, connectors, clients and audit records as <c>behalf.v1</c> has them.</summary>
internal static class AdministrationWire
{
    public static Wired.Environment ToWire(DeploymentEnvironment environment) =>
        new()
        {
            Id = environment.Id.ToString(),
            Slug = environment.Slug,
            Name = environment.Name,
            PublicUrl = environment.PublicUrl ?? string.Empty,
            VerifyMode = environment.VerifyMode.ToString().ToLowerInvariant(),
            DefaultVerifyUrl = environment.DefaultVerifyUrl ?? string.Empty,
            CreatedAt = environment.CreatedAt.ToTimestamp(),
            ReadBack = environment.ReadBack,
            DetailedErrorLogging = environment.DetailedErrorLogging,
            AuditRetentionDays = (uint)(environment.AuditRetentionDays ?? 0),
            ToolNaming = environment.ToolNaming.ToString().ToLowerInvariant(),
        };

    public static Wired.ConnectionDetails ToWire(ConnectionView view)
    {
        Connection connection = view.Connection;
        Wired.ConnectionDetails details = new()
        {
            Id = connection.Id.ToString(),
            Name = connection.Name.Value,
            Connector = connection.Connector,
            ConnectorName = view.ConnectorName,
            ConnectorRevision = connection.ConnectorRevision,
            ToolPrefix = connection.ToolPrefix,
            BaseUrl = connection.BaseUrl.ToString(),
            OauthUrl = connection.OAuthUrl.ToString(),
            ClientId = connection.ClientId ?? string.Empty,
            RedirectUri = view.RedirectUri.ToString(),
            Enabled = connection.Enabled,
            Proxy = ProxyModeNames.Of(connection.Proxy),
            CreatedAt = connection.CreatedAt.ToTimestamp(),
        };
        details.Scopes.AddRange(connection.Scopes.Values);
        details.AllowedTools.AddRange(connection.AllowedTools ?? []);
        return details;
    }

    public static Wired.ConnectorDetails ToWire(ConnectorDefinition connector)
    {
        Wired.ConnectorDetails details = new()
        {
            Slug = connector.Slug,
            Name = connector.Name,
            Description = connector.Description,
            Revision = connector.Revision,
        };
        details.DefaultScopes.AddRange(connector.OAuth.DefaultScopes.Values);
        details.Tools.AddRange(connector.Tools.Select(ToWire));
        return details;
    }

    public static Wired.Client ToWire(ApiClient client, DateTimeOffset now)
    {
        Wired.Client wire = new()
        {
            ClientId = client.ClientId,
            Name = client.Name,
            Enabled = client.Enabled,
            CreatedAt = client.CreatedAt.ToTimestamp(),
            LiveSecrets = (uint)client.Secrets.Count(secret => secret.NotAfter is null || now < secret.NotAfter),
        };
        wire.Connections.AddRange((client.Limits.Connections ?? new HashSet<string>()).Order(StringComparer.Ordinal));
        wire.Tools.AddRange((client.Limits.Tools ?? new HashSet<string>()).Order(StringComparer.Ordinal));
        return wire;
    }

    public static Wired.AuditRecord ToWire(Audit.AuditRecord record) =>
        new()
        {
            Lane = record.Lane,
            Sequence = (ulong)record.Sequence,
            At = record.At.ToTimestamp(),
            Kind = record.Draft.Kind.ToString().ToLowerInvariant(),
            Action = record.Draft.Action,
            ExecutionId = record.Draft.Execution?.ToString() ?? string.Empty,
            Identifier = record.Draft.Identifier ?? string.Empty,
            Principal = record.Draft.Principal ?? string.Empty,
            ActingThrough = record.Draft.ActingThrough ?? string.Empty,
            AgentRunId = record.Draft.AgentRun ?? string.Empty,
            Connection = record.Draft.Connection ?? string.Empty,
            AccountId = record.Draft.Account?.ToString() ?? string.Empty,
            Tool = record.Draft.Tool ?? string.Empty,
            ArgumentDigest = record.Draft.ArgumentDigest ?? string.Empty,
            Decision = record.Draft.Decision ?? string.Empty,
            Outcome = record.Draft.Outcome ?? string.Empty,
            ProviderStatus = record.Draft.ProviderStatus ?? 0,
            Detail = record.Draft.Detail ?? string.Empty,
            Hash = record.Hash,
            Redacted = record.Redacted,
        };

    private static Wired.ConnectorTool ToWire(ToolDefinition tool)
    {
        Wired.ConnectorTool wire = new()
        {
            Name = tool.Name,
            Title = tool.Title,
            Description = tool.Description,
            Category = tool.Category,
        };
        wire.NeededScopes.AddRange(tool.NeededScopes.Values);
        wire.Hints.AddRange(
            new[]
            {
                (ToolHints.ReadOnly, "read_only"),
                (ToolHints.Destructive, "destructive"),
                (ToolHints.Idempotent, "idempotent"),
                (ToolHints.ChangesAccess, "changes_access"),
            }
                .Where(hint => tool.Hints.HasFlag(hint.Item1))
                .Select(hint => hint.Item2)
        );
        return wire;
    }
}
