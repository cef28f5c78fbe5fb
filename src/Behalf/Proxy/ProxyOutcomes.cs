using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors.Steps;
using Behalf.Tools.Running;

namespace Behalf.Proxy;

/// <summary>What became of a request, for the trail and, where there is no answer to give on, for the caller.</summary>
internal static class ProxyOutcomes
{
    /// <summary>A 5xx to a write says as little as no answer does.</summary>
    public static CallCompletion Of(int status, bool writes) =>
        new(
            status < 400 ? CallOutcomes.Success
                : status >= 500 && writes ? CallOutcomes.OutcomeUnknown
                : CallOutcomes.ProviderError,
            status
        );

    /// <param name="provider">Its name for people.</param>
    public static (CallCompletion Completion, Problem Problem) Of(
        UpstreamOutcome outcome,
        string provider,
        StartedCall call
    )
    {
        (string name, Problem problem) = outcome switch
        {
            UpstreamOutcome.NotSent notSent => (
                CallOutcomes.ProviderError,
                Unavailable(
                    "provider_unreachable",
                    $"{provider} could not be reached; nothing was sent",
                    notSent.Description
                )
            ),
            UpstreamOutcome.Unknown unknown when call.Intent.Writes => (
                CallOutcomes.OutcomeUnknown,
                new Problem(
                    ProblemKind.ToolError,
                    CallOutcomes.OutcomeUnknown,
                    $"{provider} did not confirm the request ({unknown.Description}): it may or may not have been carried out. Look before repeating it."
                )
            ),
            UpstreamOutcome.Unknown unknown => (
                CallOutcomes.ProviderError,
                Unavailable(
                    "provider_no_answer",
                    $"{provider} gave no answer that can be passed on",
                    unknown.Description
                )
            ),
            UpstreamOutcome.Unauthorized { Reason: UpstreamOutcome.Unauthorized.ThoughNew } => (
                CallOutcomes.ProviderError,
                new Problem(
                    ProblemKind.FailedPrecondition,
                    FaultKinds.AppBlocked,
                    FaultSentences.For(FaultKinds.AppBlocked, provider, 401, null)
                )
            ),
            UpstreamOutcome.Unauthorized => (
                CallOutcomes.ReconnectRequired,
                // Never a tool's error, which some clients may be told as 401: theirs would be renewed and all sent again.
                new Problem(
                    ProblemKind.FailedPrecondition,
                    CallOutcomes.ReconnectRequired,
                    $"{provider} does not accept {call.Intent.Subject.Identifier}'s connection \"{call.Intent.ConnectionName}\" any more; it must be reconnected with a new authorization link."
                )
                {
                    Reconnect = call.Intent.ConnectionName,
                }
            ),
            UpstreamOutcome.Stopped stopped => (CallOutcomes.PlatformError, stopped.Problem),
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
        return (
            new CallCompletion(name, problem.ProviderStatus, problem.Code),
            problem with
            {
                Execution = call.Intent.Execution,
            }
        );
    }

    private static Problem Unavailable(string code, string sentence, string description) =>
        new(ProblemKind.Unavailable, code, $"{sentence}: {description}.");
}
