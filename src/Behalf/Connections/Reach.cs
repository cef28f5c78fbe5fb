using Behalf.Identity;

namespace Behalf.Connections;

/// <summary>What a principal can see and change: outside of it things do not exist.</summary>
internal static class Reach
{
    /// <summary>A user session sees its own user's accounts; a service client those of its environment and limits.</summary>
    public static bool Covers(this Principal principal, ConnectedAccount account) =>
        principal.Kind switch
        {
            PrincipalKind.UserSession or PrincipalKind.McpSession or PrincipalKind.Person => principal.Environment
                == account.Environment
                && principal.Subject == account.Identifier
                && principal.SubjectEpoch?.Incarnation == account.Incarnation
                && principal.Limits.AllowsConnection(account.ConnectionName.Value),
            PrincipalKind.ServiceClient => principal.Environment == account.Environment
                && principal.Limits.AllowsConnection(account.ConnectionName.Value),
            PrincipalKind.Operator => true,
            _ => false,
        };

    /// <summary>Connections and users are managed by operators and by service clients of the environment.</summary>
    public static bool Manages(this Principal principal, EnvironmentId environment) =>
        principal.Kind == PrincipalKind.Operator
        || principal.Kind == PrincipalKind.ServiceClient && principal.Environment == environment;

    /// <summary>The connection if it is within the principal's limits; else as if there were none.</summary>
    public static Result<ConnectionView> Within(this Principal principal, Result<ConnectionView> found) =>
        found.Succeeded && !principal.Limits.AllowsConnection(found.Value.Connection.Name.Value)
            ? Problem.NotFound("connection")
            : found;

    /// <summary>The filter narrowed to the reach, or null when nothing can be within both.</summary>
    public static AccountFilter? Narrow(this Principal principal, AccountFilter filter)
    {
        if (principal.Kind != PrincipalKind.Operator && principal.Environment != filter.Environment)
        {
            return null;
        }

        AccountFilter narrowed = filter;
        if (principal.IsBoundToUser)
        {
            if (principal.Subject is not { } own || filter.Identifier is { } named && named != own)
            {
                return null;
            }

            narrowed = narrowed with { Identifier = own };
        }

        if (principal.Limits.Connections is not { } allowed)
        {
            return narrowed;
        }

        ConnectionName[] names =
            filter.Connections.Count > 0
                ? [.. filter.Connections.Where(name => allowed.Contains(name.Value))]
                : [.. allowed.Select(Parse).OfType<ConnectionName>()];
        return names.Length == 0 ? null : narrowed with { Connections = names };
    }

    public static ConnectionName? Parse(string name) =>
        ConnectionName.TryParse(name, out ConnectionName parsed, out _) ? parsed : null;
}
