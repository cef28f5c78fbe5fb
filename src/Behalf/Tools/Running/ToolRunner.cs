using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Remote;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>What came of a run.</summary>
internal abstract record RunOutcome
{
    private RunOutcome() { }

    /// <param name="Result">As the definition shaped it, not yet bounded.</param>
    /// <param name="Next">The provider's position of the next page.</param>
    internal sealed record Finished(JToken? Result, IReadOnlyList<string> Notes, string? Next, int? Status)
        : RunOutcome;

    /// <param name="Outcome">One of <see cref="CallOutcomes"/>, for the audit.</param>
    internal sealed record Failed(Problem Problem, string Outcome) : RunOutcome;
}

/// <summary>Runs one tool's steps against the provider it was opened for. Faults become outcomes here.</summary>
internal sealed partial class ToolRunner(
    TimeProvider time,
    ILogger<ToolRunner> logger,
    IRemoteListings? listings = null
)
{
    public async Task<RunOutcome> RunAsync(
        ConnectorDefinition definition,
        ToolDefinition tool,
        IUpstream upstream,
        JObject arguments,
        JObject account,
        string? cursor,
        Func<CallAdvance, Task>? onAdvance,
        CallAsking? asking,
        CancellationToken cancellationToken
    )
    {
        RunContext context = new(definition, tool, upstream, time, listings, onAdvance, asking);
        RunScope scope = RunScope.Of(arguments, account, cursor, ExpressionFunctions.Iso(time.GetUtcNow()));
        try
        {
            JToken? result = await new StepRunner(context).RunAsync(tool.Procedure.Compiled, scope, cancellationToken);
            string? next = tool.Page?.Next.Evaluate(scope.Root) is { } position ? Tokens.TextOf(position) : null;
            return new RunOutcome.Finished(result, context.Notes, next, context.LastStatus);
        }
        catch (ToolFault fault)
        {
            return context.Wrote && fault.Stopped is null
                ? OutcomeOf(
                    new ToolFault(fault.Kind, $"{fault.Message} An earlier step of this call was carried out.")
                    {
                        ProviderStatus = fault.ProviderStatus,
                        RetryAfter = fault.RetryAfter,
                    },
                    upstream
                )
                : OutcomeOf(fault, upstream);
        }
        catch (ExpressionFailure failure)
        {
            Log.Unreadable(logger, definition.Slug, tool.Name, upstream.Execution, failure.Message);
            return context.Wrote
                ? Failed(FaultKinds.OutcomeUnknown, FaultSentences.Unknown(definition.Name), context, upstream)
                : Failed(
                    FaultKinds.ProviderError,
                    $"{definition.Name} answered in a form that this tool does not understand.",
                    context,
                    upstream
                );
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return context.WriteInFlight
                ? Failed(FaultKinds.OutcomeUnknown, FaultSentences.Unknown(definition.Name), context, upstream)
                : new RunOutcome.Failed(
                    new Problem(
                        ProblemKind.DeadlineExceeded,
                        "deadline_exceeded",
                        "The call took too long and was ended."
                    )
                    {
                        Execution = upstream.Execution,
                    },
                    CallOutcomes.Cancelled
                );
        }
    }

    private static RunOutcome.Failed Failed(string kind, string message, RunContext context, IUpstream upstream) =>
        OutcomeOf(new ToolFault(kind, message) { ProviderStatus = context.LastStatus }, upstream);

    private static RunOutcome.Failed OutcomeOf(ToolFault fault, IUpstream upstream) =>
        fault.Stopped is { } stopped
            ? new RunOutcome.Failed(
                stopped with
                {
                    Execution = upstream.Execution,
                },
                stopped.Asked is null ? CallOutcomes.PlatformError : CallOutcomes.InputRequired
            )
            : new RunOutcome.Failed(
                new Problem(ProblemKind.ToolError, fault.Kind, fault.Message)
                {
                    Execution = upstream.Execution,
                    Reconnect = fault.Kind == FaultKinds.ReconnectRequired ? upstream.ConnectionName : null,
                    ProviderStatus = fault.ProviderStatus,
                    RetryAfter = fault.RetryAfter,
                },
                fault.Kind switch
                {
                    FaultKinds.InvalidInput or FaultKinds.Ambiguous => CallOutcomes.InvalidInput,
                    FaultKinds.ReconnectRequired => CallOutcomes.ReconnectRequired,
                    FaultKinds.OutcomeUnknown => CallOutcomes.OutcomeUnknown,
                    _ => CallOutcomes.ProviderError,
                }
            );

    private static partial class Log
    {
        [LoggerMessage(3200, LogLevel.Error, "{Connector}.{Tool} could not be carried out in {Execution}: {Reason}")]
        public static partial void Unreadable(
            ILogger logger,
            string connector,
            string tool,
            ExecutionId execution,
            string reason
        );
    }
}
