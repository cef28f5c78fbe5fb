using Behalf.Connectors;
using Behalf.Connectors.Operations;
using Behalf.Connectors.Steps;
using Behalf.Identity;
using Behalf.Policy;
using Newtonsoft.Json.Linq;

namespace Behalf.Tools;

/// <summary>
/// A tool that carries requests of the provider's API (a batch) is no way around what single tools may do: each request
/// must be an operation that the grant covers and that tools are for, all of which the subject may call.
/// </summary>
internal static class CarriedCalls
{
    /// <param name="all">Every tool of the connection.</param>
    /// <returns>Why the first of them may not be carried; null when all may.</returns>
    public static Problem? ProblemWith(
        ActingSubject subject,
        ScopedTool tool,
        ConnectorDefinition definition,
        ToolArguments arguments,
        IReadOnlyList<ToolDefinition> all,
        IPolicy policy
    )
    {
        if (
            tool.Tool.Definition.Carries is not { } carries
            || carries.Of.Evaluate(new JObject { ["args"] = arguments.Value.DeepClone() }) is not JArray requests
        )
        {
            return null;
        }

        return requests
            .Select(request =>
            {
                (string? method, string? path) = (TextOf(request, carries.Method), TextOf(request, carries.Path));
                Operation? operation =
                    method is { Length: > 0 } && path is not null
                        ? definition.Operations.Find(
                            new HttpMethod(method.ToUpperInvariant()),
                            definition.BasePath + path
                        )
                        : null;
                return Check(subject, tool, definition, operation, $"{method} {path}", all, policy);
            })
            .FirstOrDefault(problem => problem is not null);
    }

    private static Problem? Check(
        ActingSubject subject,
        ScopedTool tool,
        ConnectorDefinition definition,
        Operation? operation,
        string shown,
        IReadOnlyList<ToolDefinition> all,
        IPolicy policy
    )
    {
        if (operation is null)
        {
            return Refused($"{shown} is no operation that {definition.Name}'s connector knows.");
        }

        if (!operation.IsGrantedBy(tool.Account.GrantedScopes, definition.OAuth))
        {
            return Problem.Forbidden("scope_missing", $"{operation.Id} is beyond the account's grant.");
        }

        List<ToolDefinition> meant =
        [
            .. all.Where(one =>
                one.Name != tool.Tool.Definition.Name
                && one.Writes == operation.Writes
                && Sends(one.Procedure.Compiled.Steps, operation.Id, definition.Procedures)
            ),
        ];
        if (meant.Count == 0)
        {
            return Refused($"No tool is for {operation.Id}, so {tool.Tool.ShownName} does not carry it.");
        }

        ToolDefinition? denied = meant.Find(one =>
            policy.Decide(subject, tool.Tool.Connection, one) is not PolicyDecision.Allow
        );
        return denied is null
            ? null
            : Refused(
                $"{operation.Id} is what {ToolNames.Of(tool.Tool.Connection, denied)} does, which may not be called here."
            );
    }

    /// <summary>Whether steps, or procedures they call, make a request of this name; procedures never reach themselves.</summary>
    private static bool Sends(
        IReadOnlyList<Step> steps,
        string operation,
        IReadOnlyDictionary<string, Procedure> procedures
    ) =>
        steps.Any(step =>
            (step.Fallback is { } fallback && Sends(fallback.Steps, operation, procedures))
            || step switch
            {
                RequestStep request => request.Operation == operation,
                GroupStep group => Sends(group.Steps, operation, procedures),
                ForEachStep each => Sends(each.Steps, operation, procedures),
                CallStep call => Sends(procedures[call.Procedure].Compiled.Steps, operation, procedures),
                _ => false,
            }
        );

    private static string? TextOf(JToken request, string property) =>
        request is JObject map && map[property] is JValue { Value: string text } ? text : null;

    private static Problem Refused(string message) => Problem.Forbidden("action_not_allowed", message);
}
