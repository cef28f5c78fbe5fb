using Behalf.Identity;

namespace Behalf.Connections;

/// <summary>What the proxy passes on a connection. Stored by number.</summary>
public enum ProxyMode
{
    Off = 1,

    /// <summary>Operations that the connector knows to read; what it does not know counts as a write.</summary>
    Read = 2,

    /// <summary>Everything the grant allows.</summary>
    Full = 3,
}

public static class ProxyModes
{
    /// <summary>
    /// The connection's own mode, else: full for service credentials, off for user sessions and where only some tools are
    /// allowed. An agent gets tools; the whole API is for whoever already acts for every user.
    /// </summary>
    public static ProxyMode ProxyModeFor(this Connection connection, Principal principal)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(principal);
        return connection.Proxy
            ?? (
                principal.Kind == PrincipalKind.ServiceClient && connection.AllowedTools is null
                    ? ProxyMode.Full
                    : ProxyMode.Off
            );
    }
}
