using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.People;

/// <summary>Who may manage an environment's people, and what is left in the trail.</summary>
internal static class Managed
{
    /// <returns>Null: the caller may.</returns>
    public static Problem? Refuse(Principal principal, EnvironmentId environment) =>
        principal.Kind switch
        {
            PrincipalKind.Operator => null,
            PrincipalKind.ServiceClient when principal.Environment != environment => Problem.NotFound("environment"),
            PrincipalKind.ServiceClient when principal.Limits == CredentialLimits.None => null,
            _ => Problem.Forbidden(
                "not_allowed",
                "This is managed by the operator, or by a service credential that is not limited to connections or tools."
            ),
        };

    public static Traces Record(
        EnvironmentId environment,
        string action,
        Principal principal,
        Identifier? identifier,
        string? detail = null
    ) =>
        Traces.Of(
            new AuditDraft
            {
                Environment = environment,
                Kind = AuditKind.Admin,
                Action = action,
                Identifier = identifier?.Value,
                Principal = principal.ClientId,
                Outcome = CallOutcomes.Success,
                Detail = detail,
            }
        );
}
