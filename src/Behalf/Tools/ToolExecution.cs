using System.Text;
using System.Text.Json;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Templates;
using Behalf.Identity;
using Behalf.Limits;
using Behalf.Policy;
using Behalf.Tools.Repeats;
using Behalf.Tools.Running;
using Behalf.Vault;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools;

/// <summary>The walk of one call, in the order in which it is told.</summary>
internal sealed class ToolExecution(
    ScopedToolList scoped,
    IConnectorCatalog catalog,
    IPolicy policy,
    ILimits limits,
    IAudit audit,
    IConnections connections,
    ToolRunner runner,
    CallRepeats repeats,
    ErrorDetails details,
    IVault vault,
    TimeProvider time
)
{
    /// <value>How long a call may take in all, waits included.</value>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly ToolCursor _cursors = new(vault);
    private readonly OutcomeSeal _outcomes = new(vault);

    public async Task<Result<ToolAnswer>> RunAsync(
        ActingSubject subject,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        using CallMeasure measure = new("tool", time);
        return measure.End(await RunAsync(subject, call, measure, cancellationToken));
    }

    private async Task<Result<ToolAnswer>> RunAsync(
        ActingSubject subject,
        ToolCall call,
        CallMeasure measure,
        CancellationToken cancellationToken
    )
    {
        Result<ScopedTool> found = await scoped.FindAsync(subject, call, cancellationToken);
        if (!found.Succeeded)
        {
            return await RefuseAsync(subject, call, null, found.Problem, cancellationToken);
        }

        ScopedTool tool = found.Value;
        measure.Is(tool.Tool.Connection.Connector, tool.Tool.Name);
        Result<CheckedCall> check = Check(tool, call);
        if (!check.Succeeded)
        {
            return await RefuseAsync(subject, call, tool, check.Problem, cancellationToken);
        }

        if (policy.Decide(subject, tool.Tool.Connection, tool.Tool.Definition) is PolicyDecision.Deny deny)
        {
            Problem denied = Problem.Forbidden(deny.Code, deny.Message);
            return await RefuseAsync(subject, call, tool, denied, cancellationToken);
        }

        ConnectorDefinition definition = await catalog.GetAsync(
            tool.Tool.Connection.ConnectorRevision,
            cancellationToken
        );
        if (
            await scoped.ProblemWithCarriedAsync(subject, tool, definition, check.Value.Arguments, cancellationToken) is
            { } carried
        )
        {
            return await RefuseAsync(subject, call, tool, carried, cancellationToken);
        }

        // Not a denial: whoever calls too much shall not fill the trail with it.
        Result<IDisposable> entered = limits.EnterCall(subject, tool.Tool.Connection);
        if (!entered.Succeeded)
        {
            return entered.Problem;
        }

        using IDisposable place = entered.Value;
        return await repeats.RunAsync(
            IntentOf(subject, call, tool, check.Value, definition),
            call,
            check.Value.Position,
            async (started, token) =>
            {
                RunOutcome outcome = await CarryOutAsync(started, tool, definition, check.Value, call, token);
                return await CompleteAsync(started, tool, check.Value, outcome);
            },
            cancellationToken
        );
    }

    private sealed record CheckedCall(ToolArguments Arguments, string? Position);

    private Result<CheckedCall> Check(ScopedTool tool, ToolCall call)
    {
        if (CallKeys.ProblemWith(call.IdempotencyKey) is { } problem)
        {
            return problem;
        }

        Result<ToolArguments> arguments = ToolArguments.Read(tool.Tool, call.Arguments);
        if (!arguments.Succeeded || arguments.Value.Cursor is not { } cursor)
        {
            return arguments.To(value => new CheckedCall(value, null));
        }

        return _cursors
            .Open(tool, arguments.Value.Canonical, cursor)
            .To(position => new CheckedCall(arguments.Value, position));
    }

    private CallIntent IntentOf(
        ActingSubject subject,
        ToolCall call,
        ScopedTool tool,
        CheckedCall check,
        ConnectorDefinition definition
    ) =>
        new()
        {
            Execution = EntityId.New<ExecutionId>(time),
            Subject = subject,
            Connection = tool.Tool.Connection.Id,
            ConnectionName = tool.Tool.Connection.Name,
            PolicyRevision = tool.Tool.Connection.PolicyRevision,
            Account = tool.Account.Id,
            Tool = tool.Tool.Name,
            CalledAs = tool.Tool.Alias is null ? null : tool.Tool.ShownName,
            NeededScopes = HoldsFullScope(tool.Account, definition)
                ? ScopeSet.Of([definition.OAuth.FullScope!])
                : tool.Tool.Definition.NeededScopes,
            GrantedScopes = tool.Account.GrantedScopes,
            ArgumentDigest = Convert.ToHexStringLower(vault.Mac("argument_digest", check.Arguments.Canonical)),
            ActingThrough = call.ActingThrough,
            AgentRun = call.AgentRun,
            Writes = tool.Tool.Definition.Writes,
        };

    /// <summary>A write, once begun, is not cut short by a caller that leaves: its outcome would be unknown for nothing.</summary>
    private async Task<RunOutcome> CarryOutAsync(
        StartedCall started,
        ScopedTool tool,
        ConnectorDefinition definition,
        CheckedCall check,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        using CancellationTokenSource deadline = new(Deadline, time);
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(
            deadline.Token,
            tool.Tool.Definition.Writes ? CancellationToken.None : cancellationToken
        );
        try
        {
            Result<IUpstream> upstream = await connections.OpenAsync(started, tool.Tool.Connection, linked.Token);
            if (!upstream.Succeeded)
            {
                return new RunOutcome.Failed(
                    upstream.Problem with
                    {
                        Execution = started.Intent.Execution,
                    },
                    ToolSentences.NameOfOutcome(upstream.Problem)
                );
            }

            return await runner.RunAsync(
                definition,
                tool.Tool.Definition,
                upstream.Value,
                check.Arguments.Value,
                FactsOf(tool.Account, definition, upstream.Value.Kept),
                check.Position,
                call.OnAdvance,
                call.Asking,
                linked.Token
            );
        }
        catch
        {
            // A bug, or a caller that left before the provider was opened: the intent gets its end, the exception goes on.
            bool unknown = tool.Tool.Definition.Writes;
            await audit.CompleteAsync(
                started,
                new CallCompletion(unknown ? CallOutcomes.OutcomeUnknown : CallOutcomes.PlatformError)
                {
                    End = unknown ? new CallEnd(CallState.Unknown, null, CallKey.RepeatWindow) : CallEnd.Unsent,
                }
            );
            throw;
        }
    }

    private async Task<Result<ToolAnswer>> CompleteAsync(
        StartedCall started,
        ScopedTool tool,
        CheckedCall check,
        RunOutcome outcome
    )
    {
        Result<ToolAnswer> answer = AnswerOf(started, tool, check, outcome);
        CallCompletion completion = outcome switch
        {
            RunOutcome.Finished finished => new CallCompletion(CallOutcomes.Success, finished.Status),
            RunOutcome.Failed failed => new CallCompletion(
                failed.Outcome,
                failed.Problem.ProviderStatus,
                await details.OfAsync(started.Intent.Subject.Environment, failed.Problem)
            ),
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
        await audit.CompleteAsync(
            started,
            started.Intent.Key is null ? completion : completion with { End = EndOf(started, completion, answer) }
        );
        return answer;
    }

    /// <summary>
    /// A read that was cut short has no outcome worth keeping: whoever repeats it reads again. Neither has a call that ended
    /// with a question, which is made again with the answer, or for a reason of the moment.
    /// </summary>
    private CallEnd EndOf(StartedCall started, CallCompletion completion, Result<ToolAnswer> answer) =>
        (completion.Outcome == CallOutcomes.Cancelled && !started.Intent.Writes)
        || completion.Outcome == CallOutcomes.InputRequired
        || answer.Problem is { IsOfTheMoment: true }
            ? CallEnd.Unsent
            : _outcomes.Seal(started, answer, completion.Outcome == CallOutcomes.OutcomeUnknown);

    private Result<ToolAnswer> AnswerOf(StartedCall started, ScopedTool tool, CheckedCall check, RunOutcome outcome)
    {
        if (outcome is not RunOutcome.Finished done)
        {
            return ((RunOutcome.Failed)outcome).Problem;
        }

        string? cursor = done.Next is { } next ? _cursors.Seal(tool, check.Arguments.Canonical, next) : null;
        return new ToolAnswer(started.Intent.Execution, ResultShaper.Shape(done.Result, done.Notes, cursor));
    }

    private async Task<Result<ToolAnswer>> RefuseAsync(
        ActingSubject subject,
        ToolCall call,
        ScopedTool? tool,
        Problem problem,
        CancellationToken cancellationToken
    )
    {
        await audit.DenyAsync(
            new AuditDraft
            {
                Environment = subject.Environment,
                Kind = AuditKind.Denial,
                Action = "tool.call",
                Identifier = subject.Identifier.Value,
                Principal = subject.Principal.ClientId,
                ActingThrough = call.ActingThrough,
                AgentRun = call.AgentRun,
                Connection = tool?.Tool.Connection.Name.Value ?? call.Connection?.Value,
                Account = tool?.Account.Id,
                Tool = ToolNames.IsNameLike(call.ToolName) ? call.ToolName : null,
                Decision = "deny",
                Outcome = problem.Code,
            },
            cancellationToken
        );
        return problem;
    }

    private static bool HoldsFullScope(ConnectedAccount account, ConnectorDefinition definition) =>
        definition.OAuth.FullScope is { } full && account.GrantedScopes.Contains(full);

    /// <summary>What expressions may know of the account: nothing that identifies it to anyone but the provider.</summary>
    private static JObject FactsOf(
        ConnectedAccount account,
        ConnectorDefinition definition,
        IReadOnlyDictionary<string, string> kept
    )
    {
        JObject facts = new()
        {
            ["scopes"] = new JArray(account.GrantedScopes.Values),
            ["full"] = HoldsFullScope(account, definition),
        };
        if (kept.Count > 0)
        {
            facts["kept"] = new JObject(kept.Select(fact => new JProperty(fact.Key, fact.Value)));
        }

        if (account.ProviderUserName is { } name)
        {
            facts["name"] = name;
        }

        if (account.ApiConfig is { Length: <= 16_384 } config && Config(config) is { } settings)
        {
            facts["config"] = settings;
        }

        return facts;
    }

    /// <summary>The application's own JSON; anything else is no setting.</summary>
    private static JToken? Config(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Encoding.UTF8.GetBytes(text));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Tokens.FromAnswer(document.RootElement)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
