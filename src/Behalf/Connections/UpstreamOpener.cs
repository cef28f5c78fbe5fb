using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Vault;

namespace Behalf.Connections;

/// <summary>Opens the provider for one started call, with a credential that works now.</summary>
internal sealed class UpstreamOpener(
    IAuthorization authorization,
    IConnectorCatalog catalog,
    UpstreamDoor door,
    IVault vault
)
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
            FreshCredential.Usable usable => Open(call, connection, definition, usable.Credential),
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

    /// <summary>The account's own address is checked at each call: a definition's patterns may have become narrower.</summary>
    private Result<IUpstream> Open(
        StartedCall call,
        Connection connection,
        ConnectorDefinition definition,
        SealedCredential credential
    )
    {
        IReadOnlyDictionary<string, string> kept;
        try
        {
            kept = vault.OpenKept(credential);
        }
        catch (SealBrokenException)
        {
            return Refused(
                call,
                AccountReasons.CredentialUnreadable,
                "What is kept with the credential does not open."
            );
        }

        return AccountUrl.Of(definition, connection, kept) is { } baseUrl
            ? new Upstream(call, connection, definition, baseUrl, kept, credential, authorization, door)
            : Refused(
                call,
                FlowOutcomes.AccountUrlRefused,
                $"The address of this account is not one that {definition.Name} has; reconnect it."
            );
    }

    private static Problem Refused(StartedCall call, string code, string message) =>
        new(ProblemKind.FailedPrecondition, code, message) { Execution = call.Intent.Execution };
}
