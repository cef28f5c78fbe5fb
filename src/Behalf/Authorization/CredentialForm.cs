using Behalf.People;

namespace Behalf.Authorization;

/// <summary>
/// The person typed a credential into the link's page: the link is spent, the credential kept sealed with the flow until
/// the application has confirmed who typed it. A forwarded link connects nobody else's account.
/// </summary>
internal sealed class CredentialForm(ConnectPage page, FlowContexts contexts, FlowEnding ending, ReceivedGrant received)
{
    private const string Field = "credential";

    public async Task<Result<CallbackResult>> SubmitAsync(
        string linkToken,
        BrowserUser? visitor,
        IReadOnlyDictionary<string, string> values,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationFlow> found = await page.FindOpenAsync(linkToken, visitor, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        AuthorizationFlow flow = found.Value;
        FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, cancellationToken);
        if (context is null)
        {
            return Problem.NotFound("connection");
        }

        if (!context.Profile.IsTyped)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "authorization_needed",
                "This connection is authorized at the provider. Open the link and press the button."
            );
        }

        if (!AuthorizationRequest.IsStillAsMade(flow, context.Connection))
        {
            var failure = new FlowFailure("flow.failed", FlowOutcomes.ConnectionChanged);
            await ending.FailAsync(flow, context.Connection.Name, failure, cancellationToken);
            return AuthorizationRequest.ConnectionChanged();
        }

        Result<Secret> credential = TypedCredential.Of(context.Auth, Field, values);
        if (!credential.Succeeded)
        {
            return credential.Problem; // the link stays good for another try
        }

        using Secret secret = credential.Value;
        return await received.KeepAsync(flow, context, secret, "flow.credential_received", cancellationToken)
            ?? ConnectPage.LinkUsed();
    }
}
