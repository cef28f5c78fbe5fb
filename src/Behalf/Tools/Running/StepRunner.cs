using Behalf.Connectors;
using Behalf.Connectors.Steps;
using Behalf.Connectors.Templates;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools.Running;

/// <summary>Walks the steps of a procedure, one after another. Each kind of step that talks has a file of its own.</summary>
internal sealed class StepRunner
{
    private readonly RunContext _context;
    private readonly RequestRunner _requests;
    private readonly LookupRunner _lookups;
    private readonly McpRunner _remote;

    public StepRunner(RunContext context)
    {
        _context = context;
        _requests = new RequestRunner(context, this);
        _lookups = new LookupRunner(context, this);
        _remote = new McpRunner(context);
    }

    /// <returns>The procedure's result; null when it has none.</returns>
    /// <exception cref="ToolFault">A step ended the call.</exception>
    public async Task<JToken?> RunAsync(
        CompiledProcedure procedure,
        RunScope scope,
        CancellationToken cancellationToken
    )
    {
        await RunAsync(procedure.Steps, scope, cancellationToken);
        return procedure.Result?.Evaluate(scope.Root);
    }

    public async Task RunAsync(IReadOnlyList<Step> steps, RunScope scope, CancellationToken cancellationToken)
    {
        foreach (Step step in steps)
        {
            if (step.When is not { } when || Tokens.IsTrue(when.Evaluate(scope.Root)))
            {
                await RecoverAsync(
                    step.Fallback,
                    scope,
                    () => RunAsync(step, scope, cancellationToken),
                    cancellationToken
                );
            }
        }
    }

    /// <summary>Does the work; if it ends with a fault the fallback is for, does that instead.</summary>
    public async Task RecoverAsync(
        Fallback? fallback,
        RunScope scope,
        Func<Task> work,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await work();
        }
        catch (ToolFault fault) when (fault.IsRecoverable && fallback?.On.Contains(fault.Kind) == true)
        {
            JObject told = new() { ["kind"] = fault.Kind, ["message"] = fault.Message };
            await scope.WithAsync(
                "fault",
                told,
                async () =>
                {
                    await RunAsync(fallback.Steps, scope, cancellationToken);
                    return true;
                }
            );
        }
    }

    private Task RunAsync(Step step, RunScope scope, CancellationToken cancellationToken) =>
        step switch
        {
            RequestStep request => _requests.RunAsync(request, scope, cancellationToken),
            LookupStep lookup => _lookups.RunAsync(lookup, scope, cancellationToken),
            McpStep mcp => _remote.CallAsync(mcp, scope, cancellationToken),
            McpListStep list => _remote.ListAsync(list, scope, cancellationToken),
            CallStep call => CallAsync(call, scope, cancellationToken),
            ForEachStep each => ForEachAsync(each, scope, cancellationToken),
            FetchStep fetch => _requests.FetchAsync(fetch, scope, cancellationToken),
            GroupStep group => RunAsync(group.Steps, scope, cancellationToken),
            SetStep set => Set(set, scope),
            NoteStep note => Note(note, scope),
            FailStep fail => throw _context.Fault(fail.Kind, TextOf(fail.Message, scope)),
            _ => throw new InvalidOperationException($"There is no runner for {step.GetType().Name}."),
        };

    private async Task CallAsync(CallStep call, RunScope scope, CancellationToken cancellationToken)
    {
        JObject args = [];
        foreach ((string name, Template value) in call.With)
        {
            if (value.Evaluate(scope.Root) is { } token)
            {
                args[name] = token;
            }
        }

        Procedure procedure = _context.Definition.Procedures[call.Procedure];
        scope.Save(call.Save, await RunAsync(procedure.Compiled, scope.Inner(args), cancellationToken));
    }

    /// <summary>
    /// Items in their order, one at a time. A fault that would meet every further item ends the loop; what was not
    /// begun is told as such.
    /// </summary>
    private async Task ForEachAsync(ForEachStep each, RunScope scope, CancellationToken cancellationToken)
    {
        JToken? found = each.Items.Evaluate(scope.Root);
        JArray items = found switch
        {
            null => [],
            JArray list => (JArray)list.DeepClone(),
            _ => throw new ExpressionFailure($"line {each.Line}: for_each needs a list"),
        };
        if (items.Count > each.Max)
        {
            throw _context.Fault(FaultKinds.InvalidInput, $"At most {each.Max} at once; {items.Count} were given.");
        }

        JArray outcomes = [];
        ToolFault? ended = null;
        for (int i = 0; i < items.Count; i++)
        {
            JObject outcome = new() { ["index"] = i };
            outcomes.Add(outcome);
            if (ended is not null)
            {
                outcome["ok"] = false;
                outcome["error"] = new JObject { ["kind"] = "not_done", ["message"] = "Not begun: " + ended.Message };
                continue;
            }

            try
            {
                JToken? result = await scope.IsolatedAsync(() =>
                    scope.WithAsync(each.As, items[i].DeepClone(), () => ItemAsync(each, scope, cancellationToken))
                );
                outcome["ok"] = true;
                if (result is not null)
                {
                    outcome["result"] = result;
                }
            }
            catch (ToolFault fault) when (each.RecordFaults && fault.Stopped is null)
            {
                outcome["ok"] = false;
                outcome["error"] = new JObject { ["kind"] = fault.Kind, ["message"] = fault.Message };
                ended = fault.IsRecoverable ? null : fault;
            }
        }

        if (ended is not null && outcomes.All(outcome => outcome["ok"]!.Value<bool>() == false))
        {
            throw ended; // nothing was done: the call as a whole failed for this reason
        }

        scope.Save(each.Save, outcomes);
    }

    private async Task<JToken?> ItemAsync(ForEachStep each, RunScope scope, CancellationToken cancellationToken)
    {
        await RunAsync(each.Steps, scope, cancellationToken);
        return each.Result?.Evaluate(scope.Root)?.DeepClone();
    }

    private static Task Set(SetStep set, RunScope scope)
    {
        foreach ((string name, Template value) in set.Values)
        {
            scope.Save(name, value.Evaluate(scope.Root)?.DeepClone());
        }

        return Task.CompletedTask;
    }

    private Task Note(NoteStep note, RunScope scope)
    {
        _context.Note(TextOf(note.Message, scope));
        return Task.CompletedTask;
    }

    private static string TextOf(Template message, RunScope scope) =>
        message.Evaluate(scope.Root) is { } token && Tokens.TextOf(token) is { } text
            ? PlainText.Cut(PlainText.Clean(text), 2000)
            : throw new ExpressionFailure("a message is a text");
}
