using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Policy;
using Behalf.Vault;

namespace Behalf.Tools;

/// <summary>
/// Goes through what a call would go through, without calling: policy, account, scopes, arguments. What the provider
/// thinks is told only where the trail holds its answer to the same call.
/// </summary>
internal sealed class ToolExplainer(
    ScopedToolList scoped,
    IConnectorCatalog catalog,
    IConnections connections,
    IPolicy policy,
    IAudit audit,
    IVault vault
)
{
    private const int TrailLength = 100;

    /// <summary>What the provider's refusals say of the user rather than of the moment.</summary>
    private static readonly string[] LastingRefusals =
    [
        "no_permission",
        "plan_required",
        "not_found_or_no_access",
        "scope_missing",
    ];

    public async Task<Explanation> ExplainAsync(
        ActingSubject subject,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        List<OfferedTool> offered = [];
        await foreach (OfferedTool tool in scoped.OfferedAsync(subject.Environment, null, cancellationToken))
        {
            if (tool.IsNamed(call.ToolName) && (call.Connection is null || tool.Connection.Name == call.Connection))
            {
                offered.Add(tool.Shown([call.ToolName], null));
            }
        }

        return offered switch
        {
            [] => new Explanation(
                null,
                [Refused("tool", "not_found", $"No connection of this environment offers {Shown(call.ToolName)}.")]
            ),
            [var only] => new Explanation(only, await CheckAsync(subject, call, only, cancellationToken)),
            _ => new Explanation(
                null,
                [
                    Refused(
                        "tool",
                        "ambiguous_connection",
                        $"{Shown(call.ToolName)} is offered by several connections: {string.Join(", ", offered.Select(one => one.Connection.Name))}."
                    ),
                ]
            ),
        };
    }

    private async Task<IReadOnlyList<ExplainedCheck>> CheckAsync(
        ActingSubject subject,
        ToolCall call,
        OfferedTool tool,
        CancellationToken cancellationToken
    )
    {
        ConnectorDefinition definition = await catalog.GetAsync(tool.Connection.ConnectorRevision, cancellationToken);
        ConnectedAccount? account = (await connections.AccountsOfAsync(subject, cancellationToken)).FirstOrDefault(
            one => one.Connection == tool.Connection.Id && (call.Account is null || one.Id == call.Account)
        );
        Result<ToolArguments> arguments = ToolArguments.Read(tool, call.Arguments);
        List<ExplainedCheck> checks =
        [
            policy.Decide(subject, tool.Connection, tool.Definition) is PolicyDecision.Deny deny
                ? Refused("policy", deny.Code, deny.Message)
                : Allowed("policy", "The connection and the credential offer this tool."),
            account is null ? Refused("account", ToolSentences.NotConnected(subject, tool.Connection))
            : account.State != AccountState.Active ? Refused("account", ToolSentences.NotActive(account))
            : Allowed("account", $"{subject.Identifier}'s account at \"{tool.Connection.Name}\" is active."),
        ];
        if (account is not null)
        {
            checks.Add(
                tool.Definition.IsGrantedBy(account.GrantedScopes, definition.OAuth)
                    ? Allowed("scopes", "The grant covers what the tool needs.")
                    : Refused("scopes", ToolSentences.ScopeMissing(tool, account))
            );
        }

        if (
            account is not null
            && arguments.Succeeded
            && await scoped.ProblemWithCarriedAsync(
                subject,
                new ScopedTool(tool, account),
                definition,
                arguments.Value,
                cancellationToken
            )
                is { } carried
        )
        {
            checks.Add(Refused("policy", carried));
        }

        checks.Add(
            arguments.Succeeded
                ? Allowed("arguments", "The arguments fit the tool's schema.")
                : Refused("arguments", arguments.Problem)
        );
        checks.Add(
            await ProviderAsync(
                subject,
                tool,
                definition,
                arguments.Succeeded ? arguments.Value : null,
                cancellationToken
            )
        );
        return checks;
    }

    private async Task<ExplainedCheck> ProviderAsync(
        ActingSubject subject,
        OfferedTool tool,
        ConnectorDefinition definition,
        ToolArguments? arguments,
        CancellationToken cancellationToken
    )
    {
        if (arguments is not null)
        {
            string digest = Convert.ToHexStringLower(vault.Mac("argument_digest", arguments.Canonical));
            Page<AuditRecord> trail = await audit.ListAsync(
                new AuditFilter(subject.Environment, subject.Identifier.Value, Kind: AuditKind.Completion),
                new PageRequest(TrailLength, Before: Guid.AllBitsSet),
                cancellationToken
            );
            AuditRecord? last = trail
                .Items.Where(record => record.Draft.Tool == tool.Name && record.Draft.ArgumentDigest == digest)
                .MaxBy(record => record.At);
            if (last?.Draft is { Outcome: CallOutcomes.Success })
            {
                return Allowed("provider", $"{definition.Name} carried out the same call on {last.At:u}.");
            }

            if (last?.Draft.Detail is { } code && LastingRefusals.Contains(code))
            {
                return Refused(
                    "provider",
                    code,
                    $"{definition.Name} refused the same call on {last.At:u}: {Why(code)}."
                );
            }
        }

        return new ExplainedCheck(
            "provider",
            Verdict.Unknown,
            "not_asked",
            $"Whether the user's role and plan in {definition.Name} allow it only {definition.Name} knows; it decides when the tool is called."
        );
    }

    private static string Why(string code) =>
        code switch
        {
            "no_permission" => "the user's role does not permit it",
            "plan_required" => "the plan does not include it",
            "scope_missing" => "the grant does not cover it",
            _ => "there is no such thing, or the user does not have access to it",
        };

    private static ExplainedCheck Allowed(string check, string message) => new(check, Verdict.Allowed, "", message);

    private static ExplainedCheck Refused(string check, string code, string message) =>
        new(check, Verdict.Refused, code, message);

    private static ExplainedCheck Refused(string check, Problem problem) =>
        new(check, Verdict.Refused, problem.Code, problem.Message);

    private static string Shown(string name) => ToolNames.IsNameLike(name) ? name : "a tool of that name";
}
