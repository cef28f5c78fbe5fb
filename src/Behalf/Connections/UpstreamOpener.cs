using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;

namespace Behalf.Connections;

/// <summary>Opens the provider for one started call, with a credential that works now.</summary>
internal sealed class UpstreamOpener(IAuthorization authorization, IConnectorCatalog catalog, UpstreamDoor door)
{
    public async Task<Result<IUpstream>> OpenAsync(
        StartedCall call,
        Connection connection,
        CancellationToken cancellationToken
    )
    {
        ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
        FreshCredential fresh = await authorization.FreshenAsync(
            call.Credential,
            connection,
            FreshenReason.BeforeUse,
            cancellationToken
        );
        return fresh switch
        {
            FreshCredential.Usable usable => new Upstream(
                call,
                connection,
                definition,
                usable.Credential,
                authorization,
                door
            ),
            FreshCredential.Refused refused => new Problem(
                ProblemKind.FailedPrecondition,
                "account_not_active",
                $"The account of {call.Intent.Subject.Identifier} at {connection.Name} is EXPIRED ({refused.Reason}); reconnect it."
            )
            {
                Execution = call.Intent.Execution,
                Reconnect = connection.Name,
            },
            FreshCredential.Later later => Upstream.NotNow(call, later),
            _ => throw new InvalidOperationException($"Unknown credential outcome {fresh.GetType().Name}."),
        };
    }
}
