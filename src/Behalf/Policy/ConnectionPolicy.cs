using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Operations;
using Behalf.Identity;
using Behalf.Tools;

namespace Behalf.Policy;

/// <summary>What the connection offers and the caller's credential is limited to. Deny wins; nothing here widens.</summary>
internal sealed class ConnectionPolicy : IPolicy
{
    public PolicyDecision Decide(ActingSubject subject, Connection connection, ToolDefinition tool) =>
        Decide(subject.Principal, connection, tool);

    /// <summary>The part that needs no subject: for the list of all tools.</summary>
    public static PolicyDecision Decide(Principal principal, Connection connection, ToolDefinition tool)
    {
        if (!connection.Enabled)
        {
            return new PolicyDecision.Deny(
                "connection_disabled",
                $"The connection \"{connection.Name}\" is switched off."
            );
        }

        if (connection.AllowedTools is { } patterns && !Cover(patterns, connection, tool))
        {
            return new PolicyDecision.Deny(
                "tool_not_allowed",
                $"{ToolNames.Of(connection, tool)} is not offered on the connection \"{connection.Name}\"."
            );
        }

        if (!principal.Limits.AllowsConnection(connection.Name.Value))
        {
            return new PolicyDecision.Deny(
                "connection_not_allowed",
                $"This credential is limited to other connections than \"{connection.Name}\"."
            );
        }

        if (principal.Limits is not { Tools: null, ToolsOf: null } && !Allow(principal.Limits, connection, tool))
        {
            return new PolicyDecision.Deny(
                "tool_not_allowed",
                $"This credential is limited to other tools than {ToolNames.Of(connection, tool)}."
            );
        }

        return principal.Limits.ReadOnly && tool.Writes
            ? new PolicyDecision.Deny(
                PolicyCodes.ReadOnlyCredential,
                $"This credential is for reading, and {ToolNames.Of(connection, tool)} is not marked as read-only."
            )
            : PolicyDecision.Allow.Instance;
    }

    public PolicyDecision DecideProxy(ActingSubject subject, Connection connection, Operation? operation)
    {
        Principal principal = subject.Principal;
        if (!connection.Enabled)
        {
            return new PolicyDecision.Deny(
                "connection_disabled",
                $"The connection \"{connection.Name}\" is switched off."
            );
        }

        if (!principal.Limits.AllowsConnection(connection.Name.Value))
        {
            return new PolicyDecision.Deny(
                "connection_not_allowed",
                $"This credential is limited to other connections than \"{connection.Name}\"."
            );
        }

        // A credential that is limited to some tools would reach all the rest through the proxy, whatever the connection says.
        if (principal.Limits is { Tools: not null } or { ToolsOf: not null } or { ReadOnly: true })
        {
            return new PolicyDecision.Deny("proxy_not_allowed", "This credential is limited to tools.");
        }

        ProxyMode mode = connection.ProxyModeFor(principal);
        return mode switch
        {
            ProxyMode.Full => PolicyDecision.Allow.Instance,
            ProxyMode.Read when operation is { Writes: false } => PolicyDecision.Allow.Instance,
            ProxyMode.Read => new PolicyDecision.Deny(
                "proxy_read_only",
                operation is null
                    ? $"The proxy of \"{connection.Name}\" is for reading, and this is no operation its connector knows."
                    : $"The proxy of \"{connection.Name}\" is for reading, and {operation.Id} writes."
            ),
            _ => new PolicyDecision.Deny(
                "proxy_off",
                $"The proxy of \"{connection.Name}\" is off for this credential. Use a tool, or have the connection's proxy mode set."
            ),
        };
    }

    /// <summary>Whether the limits hold one of the tool's names.</summary>
    private static bool Allow(CredentialLimits limits, Connection connection, ToolDefinition tool) =>
        tool.Names.Any(name => limits.AllowsTool(connection.Name.Value, ToolNames.Of(connection, name)));

    private static bool Cover(IReadOnlyList<string> patterns, Connection connection, ToolDefinition tool) =>
        patterns.Any(pattern => Covers(pattern, connection, tool));

    /// <summary>
    /// A pattern names a tool by any of its names, with or without the connection's prefix; <c>*</c> stands at its end only.
    /// </summary>
    private static bool Covers(string pattern, Connection connection, ToolDefinition tool) =>
        tool.Names.Any(name => Covers(pattern, name) || Covers(pattern, ToolNames.Of(connection, name)));

    private static bool Covers(string pattern, string name) =>
        pattern is [.. var start, '*'] ? name.StartsWith(start, StringComparison.Ordinal) : name == pattern;
}
