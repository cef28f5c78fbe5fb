using Behalf.Connections;
using Behalf.Identity;
using Microsoft.Extensions.Options;

namespace Behalf.Authorization;

/// <summary>
/// The application's word that the person in the browser is the flow's identifier. Only then is the code exchanged:
/// the confirmation commits first, the exchange runs under its own deadline, duplicates join it.
/// </summary>
internal sealed class Verification(
    IFlowStore flows,
    FlowContexts contexts,
    FlowEnding ending,
    CodeExchange exchange,
    GuessThrottle throttle,
    IOptions<BehalfOptions> options,
    TimeProvider time
)
{
    private const int MaxWaiters = 100;
    private static readonly TimeSpan ExchangeSlack = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(250);

    private readonly SingleFlight<FlowId, ExchangeOutcome> _running = new(MaxWaiters);

    public bool IsRunning(FlowId flow) => _running.IsRunning(flow);

    /// <summary>Until no code is being exchanged in this process.</summary>
    public Task WhenQuietAsync(CancellationToken cancellationToken) => _running.WhenQuietAsync(cancellationToken);

    /// <summary>Typed codes are compared in their normalised form.</summary>
    public static Digest DigestOf(string requestId) =>
        OneTimeCode.TryNormalize(requestId, out string? code) ? Digest.Of(code) : Digest.Of(requestId);

    public async Task<Result<Uri>> VerifyAsync(
        Principal principal,
        string authRequestId,
        Identifier identifier,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationFlow> found = await FindAsync(principal, authRequestId, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        AuthorizationFlow flow = found.Value;
        return flow.Step switch
        {
            FlowStep.AwaitingVerification when flow.Identifier != identifier => await MismatchAsync(
                flow,
                identifier,
                principal,
                cancellationToken
            ),
            FlowStep.AwaitingVerification => await JoinAsync(flow, principal.ClientId, cancellationToken),
            FlowStep.Exchanging when flow.Identifier == identifier => await FollowAsync(flow, cancellationToken),
            FlowStep.Failed when flow.MismatchedIdentifier == identifier.Value => Mismatch(),
            _ => UnknownRequest(),
        };
    }

    public async Task<Result<Done>> RefuseAsync(
        Principal principal,
        string authRequestId,
        Identifier identifier,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationFlow> found = await FindAsync(principal, authRequestId, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        return
            found.Value.Step == FlowStep.AwaitingVerification
            && await RefuseAsync(found.Value, identifier, principal, cancellationToken)
            ? Done.Value
            : UnknownRequest();
    }

    /// <summary>Modes none and hosted: the exchange follows the callback at once.</summary>
    public Task<Result<Uri>> ExchangeAsync(AuthorizationFlow flow, CancellationToken cancellationToken) =>
        JoinAsync(flow, flow.CreatedBy, cancellationToken);

    private async Task<Result<AuthorizationFlow>> FindAsync(
        Principal principal,
        string authRequestId,
        CancellationToken cancellationToken
    )
    {
        if (principal.Kind != PrincipalKind.ServiceClient || principal.Environment is not { } environment)
        {
            return Problem.Forbidden(
                "service_credential_required",
                "Only a service credential of the environment may verify a user."
            );
        }

        bool isTyped = OneTimeCode.TryNormalize(authRequestId, out _);
        if (isTyped && throttle.Wait(principal.ClientId) is { } wait)
        {
            return TooManyGuesses(wait);
        }

        AuthorizationFlow? flow = await FindAsync(authRequestId, isTyped, environment, principal, cancellationToken);
        if (flow is null)
        {
            if (isTyped)
            {
                throttle.Miss(principal.ClientId);
            }

            return UnknownRequest();
        }

        return flow;
    }

    private async Task<AuthorizationFlow?> FindAsync(
        string authRequestId,
        bool isTyped,
        EnvironmentId environment,
        Principal principal,
        CancellationToken cancellationToken
    )
    {
        if (!isTyped && !RandomToken.IsWellFormed(authRequestId))
        {
            return null;
        }

        AuthorizationFlow? flow = await flows.FindByAuthRequestAsync(DigestOf(authRequestId), cancellationToken);
        if (flow is null || flow.Environment != environment || flow.ExpiresAt <= time.GetUtcNow())
        {
            return null;
        }

        FlowContext? context = await contexts.FindAsync(environment, flow.Connection, cancellationToken);
        return context is not null && principal.Limits.AllowsConnection(context.Connection.Name.Value) ? flow : null;
    }

    private async Task<Result<Uri>> MismatchAsync(
        AuthorizationFlow flow,
        Identifier identifier,
        Principal principal,
        CancellationToken cancellationToken
    ) => await RefuseAsync(flow, identifier, principal, cancellationToken) ? Mismatch() : UnknownRequest();

    /// <summary>Ends the flow and says in the audit who was in the browser.</summary>
    /// <returns>False when it had ended before.</returns>
    private async Task<bool> RefuseAsync(
        AuthorizationFlow flow,
        Identifier identifier,
        Principal principal,
        CancellationToken cancellationToken
    )
    {
        FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, cancellationToken);
        if (context is null)
        {
            return false;
        }

        bool isSameUser = flow.Identifier == identifier;
        var failure = new FlowFailure(
            "account.verification_refused",
            isSameUser ? FlowOutcomes.BrowserMismatch : AccountReasons.VerificationMismatch
        )
        {
            IsDenial = true,
            Principal = principal.ClientId,
            Detail = isSameUser
                ? $"the link was made for \"{flow.Identifier}\", and came back to a browser that had not begun it"
                : $"the link was made for \"{flow.Identifier}\", the person in the browser is \"{identifier}\"",
            MismatchedIdentifier = isSameUser ? null : identifier.Value,
        };
        return await ending.FailAsync(flow, context.Connection.Name, failure, cancellationToken);
    }

    private async Task<Result<Uri>> JoinAsync(
        AuthorizationFlow flow,
        string confirmedBy,
        CancellationToken cancellationToken
    )
    {
        ExchangeOutcome? outcome = await _running.JoinAsync(
            flow.Id,
            () => ConfirmAsync(flow, confirmedBy),
            cancellationToken
        );
        return outcome switch
        {
            null => Busy(),
            { Moved: true } => await FollowAsync(flow, cancellationToken),
            _ => outcome.Result,
        };
    }

    private async Task<ExchangeOutcome> ConfirmAsync(AuthorizationFlow flow, string confirmedBy)
    {
        FlowContext? context = await contexts.FindAsync(flow.Environment, flow.Connection, CancellationToken.None);
        if (context is null)
        {
            return new ExchangeOutcome(UnknownRequest());
        }

        if (!AuthorizationRequest.IsStillAsMade(flow, context.Connection))
        {
            var failure = new FlowFailure("flow.failed", FlowOutcomes.ConnectionChanged);
            await ending.FailAsync(flow, context.Connection.Name, failure, CancellationToken.None);
            return new ExchangeOutcome(AuthorizationRequest.ConnectionChanged());
        }

        AuthorizationFlow confirmed = flow with
        {
            Step = FlowStep.Exchanging,
            ExpiresAt = time.GetUtcNow() + options.Value.TokenRequestTimeout + ExchangeSlack,
        };
        Traces traces = Traces.Of(
            flow.Mode == VerifyMode.None
                ? flow.Record(context.Connection.Name, "account.not_verified", "verification_off", confirmedBy)
                : flow.Record(context.Connection.Name, "account.verified", principal: confirmedBy)
        );
        if (!await flows.AdvanceAsync(confirmed, FlowStep.AwaitingVerification, traces, CancellationToken.None))
        {
            return new ExchangeOutcome(UnknownRequest()) { Moved = true };
        }

        Milestone.Reached(Milestone.VerifyCommitted, flow.Id.ToString());
        return new ExchangeOutcome(await exchange.RunAsync(confirmed, context));
    }

    /// <summary>The exchange runs on another node or just ended here: wait for the row to say how.</summary>
    private async Task<Result<Uri>> FollowAsync(AuthorizationFlow flow, CancellationToken cancellationToken)
    {
        if (_running.IsRunning(flow.Id))
        {
            return await JoinAsync(flow, flow.CreatedBy, cancellationToken);
        }

        DateTimeOffset end = time.GetUtcNow() + options.Value.TokenRequestTimeout;
        while (time.GetUtcNow() < end)
        {
            AuthorizationFlow? now = await flows.FindAsync(flow.Environment, flow.Id, cancellationToken);
            switch (now?.Step)
            {
                case FlowStep.Exchanging:
                    await Task.Delay(PollEvery, time, cancellationToken);
                    break;
                case FlowStep.Succeeded:
                    FlowContext? context = await contexts.FindAsync(
                        flow.Environment,
                        flow.Connection,
                        cancellationToken
                    );
                    return context is null ? UnknownRequest() : exchange.Landing(context);
                case FlowStep.Failed when now.Outcome is { } outcome && now.MismatchedIdentifier is null:
                    return CodeExchange.Failed(outcome);
                default:
                    return UnknownRequest();
            }
        }

        return Busy();
    }

    private static Problem UnknownRequest() => Problem.NotFound("auth_request_id");

    private static Problem Mismatch() =>
        Problem.Forbidden(
            "identifier_mismatch",
            "The link was made for another user. Nothing was connected; make a new link for the current user."
        );

    private static Problem Busy() =>
        new(ProblemKind.Unavailable, "exchange_running", "The provider is slow; ask again in a moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };

    private static Problem TooManyGuesses(TimeSpan wait) =>
        new(ProblemKind.RateLimited, "too_many_codes", "Too many unknown codes; wait before the next one.")
        {
            RetryAfter = wait,
        };
}

/// <param name="Result">Where to send the browser, or why not.</param>
internal sealed record ExchangeOutcome(Result<Uri> Result)
{
    /// <value>True: someone else had taken the step before; the row says how it goes on.</value>
    public bool Moved { get; init; }
}
