using Behalf.Identity;

namespace Behalf.Authorization;

/// <summary>The application takes a link back: what was begun with it ends, unless somebody was confirmed already.</summary>
internal sealed class LinkWithdrawal(IFlowStore flows, FlowContexts contexts, FlowEnding ending)
{
    public async Task<Result<Done>> WithdrawAsync(Principal principal, Uri link, CancellationToken cancellationToken)
    {
        if (principal.Kind != PrincipalKind.ServiceClient || principal.Environment is not { } environment)
        {
            return Problem.Forbidden(
                "service_credential_required",
                "Only a service credential of the environment may take a link back."
            );
        }

        string token = link.Segments[^1];
        AuthorizationFlow? flow = RandomToken.IsWellFormed(token)
            ? await flows.FindByLinkAsync(Digest.Of(token), cancellationToken)
            : null;
        if (
            flow is null
            || flow.Environment != environment
            || flow.Step is not (FlowStep.LinkCreated or FlowStep.AtProvider or FlowStep.AwaitingVerification)
            || await contexts.FindAsync(environment, flow.Connection, cancellationToken)
                is not { Connection: { } connection }
            || !principal.Limits.AllowsConnection(connection.Name.Value)
        )
        {
            return Problem.NotFound("link");
        }

        var failure = new FlowFailure("link.withdrawn", FlowOutcomes.Withdrawn) { Principal = principal.ClientId };
        return await ending.FailAsync(flow, connection.Name, failure, cancellationToken)
            ? Done.Value
            : Problem.NotFound("link");
    }
}
