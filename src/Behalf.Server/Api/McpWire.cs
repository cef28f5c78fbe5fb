using Behalf.Connections;
using Behalf.Mcp;
using Google.Protobuf.WellKnownTypes;
using Wired = Behalf.Wire.Mcp;

namespace Behalf.Server.Api;

/// <summary>Virtual servers as the wire has them.</summary>
internal static class McpWire
{
    public static Wired.McpConfig ToWire(McpConfig config, Uri url)
    {
        Wired.McpConfig wire = new()
        {
            Id = config.Id.ToString(),
            Name = config.Name ?? string.Empty,
            Description = config.Description,
            McpServerUrl = url.ToString(),
        };
        wire.ConnectionToolMappings.AddRange(config.Mappings.Select(ToWire));
        return wire;
    }

    /// <summary>With what the instance's user has at each connection.</summary>
    public static Wired.McpInstance ToWire(
        McpInstance instance,
        Uri url,
        Uri configUrl,
        IReadOnlyList<McpConnectionState> states
    )
    {
        Wired.McpInstance wire = new()
        {
            Id = instance.Id.ToString(),
            Name = instance.Name,
            UserIdentifier = instance.Identifier.Value,
            Config = ToWire(instance.Config, configUrl),
            LastUsedAt = instance.LastUsedAt?.ToTimestamp(),
            UpdatedAt = instance.UpdatedAt.ToTimestamp(),
            Url = url.ToString(),
        };
        foreach (
            (
                Wired.McpConfigConnectionToolMapping mapping,
                McpConnectionState state
            ) in wire.Config.ConnectionToolMappings.Zip(states)
        )
        {
            if (state.Account is { } account)
            {
                mapping.ConnectedAccountId = account.Id.ToString();
                mapping.ConnectedAccountStatus = StatusOf(account);
            }
        }

        return wire;
    }

    public static Wired.Mcp ToWire(McpConfig server, Uri url, IReadOnlyList<McpConnectionState> states)
    {
        Wired.Mcp wire = new()
        {
            Id = server.Id.ToString(),
            ConnectedAccountIdentifier = server.Identifier?.Value ?? string.Empty,
            Url = url.ToString(),
        };
        foreach (McpConnectionState state in states)
        {
            Wired.ToolMapping mapping = new()
            {
                ConnectionName = state.Mapping.ConnectionName.Value,
                Status = state.Account is { } account ? StatusOf(account) : string.Empty,
            };
            mapping.ToolNames.AddRange(state.Mapping.Tools);
            wire.ToolMappings.Add(mapping);
        }

        return wire;
    }

    public static Wired.McpInstanceConnectionAuthState ToInstanceState(McpConnectionState state) =>
        new()
        {
            ConnectionId = state.Mapping.Connection.ToString(),
            ConnectionName = state.Mapping.ConnectionName.Value,
            Provider = state.Mapping.Connector,
            ConnectedAccountId = state.Account?.Id.ToString() ?? string.Empty,
            ConnectedAccountStatus = state.Account is { } account ? StatusOf(account) : string.Empty,
            AuthenticationLink = state.Link?.ToString() ?? string.Empty,
        };

    public static Wired.McpConnectionAuthState ToState(McpConnectionState state)
    {
        Wired.McpConnectionAuthState wire = new()
        {
            ConnectionId = state.Mapping.Connection.ToString(),
            ConnectionName = state.Mapping.ConnectionName.Value,
            Provider = state.Mapping.Connector,
            AuthenticationLink = state.Link?.ToString() ?? string.Empty,
        };
        if (state.Account is { } account)
        {
            wire.ConnectedAccountId = account.Id.ToString();
            wire.ConnectedAccountStatus = StatusOf(account);
        }

        return wire;
    }

    private static Wired.McpConfigConnectionToolMapping ToWire(McpMapping mapping)
    {
        Wired.McpConfigConnectionToolMapping wire = new()
        {
            ConnectionId = mapping.Connection.ToString(),
            ConnectionName = mapping.ConnectionName.Value,
            Provider = mapping.Connector,
        };
        wire.Tools.AddRange(mapping.Tools);
        return wire;
    }

    private static string StatusOf(ConnectedAccount account) => NameOf(account.State);

    /// <param name="state">Null: there is no account yet.</param>
    public static string NameOf(AccountState? state) =>
        state switch
        {
            null => "PENDING_AUTH",
            AccountState.Active => "ACTIVE",
            AccountState.Expired => "EXPIRED",
            AccountState.PendingAuth => "PENDING_AUTH",
            AccountState.PendingVerification => "PENDING_VERIFICATION",
            AccountState.Disconnected => "DISCONNECTED",
            _ => throw new InvalidOperationException($"Unknown account state {state}."),
        };
}
