using Behalf.Connections;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Authorization;

/// <summary>
/// The authorization response (RFC 6749 §4.1.2): every check before the code may go anywhere. The code is only stored
/// here; it is exchanged once the application has confirmed the person.
/// </summary>
internal sealed class AuthorizationResponse(
    IFlowStore flows,
    FlowContexts contexts,
    FlowEnding ending,
    ReceivedGrant received,
    TimeProvider time
)
{
    /// <value>In characters.</value>
    private const int MaxCode = 4096;

    public async Task<Result<CallbackResult>> ReceiveAsync(
        ConnectionId connection,
        CallbackQuery query,
        string? browserToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    )
    {
        AuthorizationFlow? flow = RandomToken.IsWellFormed(query.State)
            ? await flows.FindByStateAsync(Digest.Of(query.State!), cancellationToken)
            : null;
        if (flow is null)
        {
            return Refusal(ProblemKind.InvalidArgument, "state_unknown", "This answer belongs to no open request.");
        }

        if (flow.Step != FlowStep.AtProvider)
        {
            return Refusal(ProblemKind.FailedPrecondition, "state_used", "This answer was received already.");
        }

        if (flow.ExpiresAt <= time.GetUtcNow())
        {
            return Refusal(ProblemKind.FailedPrecondition, "flow_expired", "This took too long.");
        }

        FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, cancellationToken);
        if (context is null)
        {
            return Problem.NotFound("connection");
        }

        return Check(flow, context, connection, query, browserToken, visitor) is { } fault
            ? await EndAsync(flow, context, fault, query, cancellationToken)
            : await KeepAsync(flow, context, query.Code!, cancellationToken);
    }

    /// <summary>Each rule alone, the ones about who answers before the ones about what is answered.</summary>
    private static FlowFailure? Check(
        AuthorizationFlow flow,
        FlowContext context,
        ConnectionId connection,
        CallbackQuery query,
        string? browserToken,
        BrowserUser? visitor
    )
    {
        if (connection != flow.Connection)
        {
            return Denied(FlowOutcomes.ConnectionMismatch, "the answer arrived at another connection's redirect URI");
        }

        if (!RandomToken.IsWellFormed(browserToken) || !Digest.Of(browserToken!).FixedTimeEquals(flow.Browser!.Value))
        {
            return Denied(FlowOutcomes.BrowserMismatch, "the answer came from another browser than the one that began");
        }

        if (flow.Mode == VerifyMode.Hosted && !HostedVerification.IsOwn(flow, visitor))
        {
            return Denied(AccountReasons.VerificationMismatch, HostedVerification.Describe(flow, visitor));
        }

        // RFC 9207 §2.4: compare iss by exact string, on error responses too; announced but missing is a mismatch.
        bool mayLackIssuer = context.Profile.IssuerOptional && query.Issuer is null;
        if (
            flow.Issuer is { } issuer
            && !mayLackIssuer
            && !string.Equals(issuer, query.Issuer, StringComparison.Ordinal)
        )
        {
            return Denied(FlowOutcomes.IssuerMismatch, "the answer names another issuer than the connection's");
        }

        if (!AuthorizationRequest.IsStillAsMade(flow, context.Connection))
        {
            return new FlowFailure("flow.failed", FlowOutcomes.ConnectionChanged);
        }

        if (query.Error is not null)
        {
            return new FlowFailure("flow.refused_by_provider", InertText.ErrorCode(query.Error));
        }

        return query.Code is { Length: > 0 and <= MaxCode } code && code.All(c => c is >= ' ' and < '\x7f')
            ? null
            : new FlowFailure("flow.failed", FlowOutcomes.InvalidResponse);
    }

    private async Task<Result<CallbackResult>> EndAsync(
        AuthorizationFlow flow,
        FlowContext context,
        FlowFailure fault,
        CallbackQuery query,
        CancellationToken cancellationToken
    )
    {
        if (!await ending.FailAsync(flow, context.Connection.Name, fault, cancellationToken))
        {
            return Refusal(ProblemKind.FailedPrecondition, "state_used", "This answer was received already.");
        }

        return fault.Outcome switch
        {
            FlowOutcomes.ConnectionChanged => AuthorizationRequest.ConnectionChanged(),
            FlowOutcomes.ConnectionMismatch
            or FlowOutcomes.BrowserMismatch
            or FlowOutcomes.IssuerMismatch
            or AccountReasons.VerificationMismatch => Refusal(
                ProblemKind.Forbidden,
                fault.Outcome,
                "This answer does not belong to the request that was started here. Nothing was connected."
            ),
            FlowOutcomes.InvalidResponse => Refusal(
                ProblemKind.InvalidArgument,
                fault.Outcome,
                "The provider's answer holds no usable code. Nothing was connected."
            ),
            _ => new CallbackResult.ProviderRefused(fault.Outcome, InertText.Description(query.ErrorDescription)),
        };
    }

    private async Task<Result<CallbackResult>> KeepAsync(
        AuthorizationFlow flow,
        FlowContext context,
        string code,
        CancellationToken cancellationToken
    )
    {
        using Secret secret = Secret.FromText(code);
        return await received.KeepAsync(flow, context, secret, "flow.code_received", cancellationToken)
            ?? Refusal(ProblemKind.FailedPrecondition, "state_used", "This answer was received already.");
    }

    private static FlowFailure Denied(string outcome, string detail) =>
        new("flow.denied", outcome) { IsDenial = true, Detail = detail };

    private static Problem Refusal(ProblemKind kind, string code, string message) =>
        new(kind, code, $"{message} Ask the application for a new link.");
}
