using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Steps;
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
    IVault vault,
    TimeProvider time
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
        "app_blocked",
    ];

    public async Task<Explanation> ExplainAsync(
        ActingSubject subject,
        ToolCall call,
        CancellationToken cancellationToken
    )
    {
        DateTimeOffset now = time.GetUtcNow();
        OfferedTool[] offered =
        [
            .. (await scoped.NamedAsync(subject.Environment, call, cancellationToken)).Select(tool =>
                tool.Shown([call.ToolName], null)
            ),
        ];

        return offered switch
        {
            [] => new Explanation(
                now,
                null,
                [Refused("tool", "not_found", $"No connection of this environment offers {Shown(call.ToolName)}.", now)]
            ),
            [var only] => new Explanation(now, only, await CheckAsync(subject, call, only, now, cancellationToken)),
            _ => new Explanation(
                now,
                null,
                [
                    Refused(
                        "tool",
                        "ambiguous_connection",
                        $"{Shown(call.ToolName)} is offered by several connections: {string.Join(", ", offered.Select(one => one.Connection.Name))}.",
                        now
                    ),
                ]
            ),
        };
    }

    private async Task<IReadOnlyList<ExplainedCheck>> CheckAsync(
        ActingSubject subject,
        ToolCall call,
        OfferedTool tool,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        ConnectorDefinition definition = await catalog.GetAsync(tool.Connection.ConnectorRevision, cancellationToken);
        ConnectedAccount? account =
            await connections.AccountAtAsync(subject, tool.Connection, cancellationToken) is { } one
            && (call.Account is null || one.Id == call.Account)
                ? one
                : null;
        Result<ToolArguments> arguments = ToolArguments.Read(tool, call.Arguments);
        List<ExplainedCheck> checks =
        [
            policy.Decide(subject, tool.Connection, tool.Definition) is PolicyDecision.Deny deny
                ? Refused("policy", deny.Code, deny.Message, now)
                : Allowed("policy", "The connection and the credential offer this tool.", now),
            OfAccount(subject, tool, account, now),
        ];
        if (account is not null)
        {
            checks.Add(
                tool.Definition.IsGrantedBy(account.GrantedScopes, definition.OAuth)
                    ? Allowed("scopes", "The grant covers what the tool needs.", ConfirmedAt(account))
                    : Refused("scopes", ToolSentences.ScopeMissing(tool, account), ConfirmedAt(account))
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
            checks.Add(Refused("policy", carried, now));
        }

        checks.Add(
            arguments.Succeeded
                ? Allowed("arguments", "The arguments fit the tool's schema.", now)
                : Refused("arguments", arguments.Problem, now)
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

    private static ExplainedCheck OfAccount(
        ActingSubject subject,
        OfferedTool tool,
        ConnectedAccount? account,
        DateTimeOffset now
    ) =>
        account is null ? Refused("account", ToolSentences.NotConnected(subject, tool.Connection), now)
        : account.State != AccountState.Active ? Refused("account", ToolSentences.NotActive(account), account.UpdatedAt)
        : Allowed(
            "account",
            $"{subject.Identifier}'s account at \"{tool.Connection.Name}\" is active.",
            ConfirmedAt(account)
        );

    /// <summary>When the provider last gave or took the credential: a grant that was ended there since is not known here.</summary>
    private static DateTimeOffset ConfirmedAt(ConnectedAccount account) =>
        account.LastUsedAt is { } used && used > account.UpdatedAt ? used : account.UpdatedAt;

    private async Task<ExplainedCheck> ProviderAsync(
        ActingSubject subject,
        OfferedTool tool,
        ConnectorDefinition definition,
        ToolArguments? arguments,
        CancellationToken cancellationToken
    )
    {
        Page<AuditRecord> trail = await audit.ListAsync(
            new AuditFilter(subject.Environment, subject.Identifier.Value, Kind: AuditKind.Completion),
            new PageRequest(TrailLength, Before: Guid.AllBitsSet),
            cancellationToken
        );
        if (arguments is not null)
        {
            string digest = Convert.ToHexStringLower(vault.Mac("argument_digest", arguments.Canonical));
            AuditRecord? last = trail
                .Items.Where(record => record.Draft.Tool == tool.Name && record.Draft.ArgumentDigest == digest)
                .MaxBy(record => record.At);
            if (last?.Draft is { Outcome: CallOutcomes.Success })
            {
                return Allowed("provider", $"{definition.Name} carried out the same call on {last.At:u}.", last.At);
            }

            if (last?.Draft.Detail is { } code && LastingRefusals.Contains(code))
            {
                return Refused(
                    "provider",
                    code,
                    $"{definition.Name} refused the same call on {last.At:u}: {Why(code)}.",
                    last.At
                );
            }
        }

        // Which place was meant only the provider can tell, so a block elsewhere is a warning and no verdict.
        AuditRecord? newest = trail
            .Items.Where(record => record.Draft.Connection == tool.Connection.Name.Value)
            .MaxBy(record => record.At);
        return newest?.Draft.Detail == FaultKinds.AppBlocked
            ? new ExplainedCheck(
                "provider",
                Verdict.Unknown,
                FaultKinds.AppBlocked,
                $"{definition.Name} refused the application on {newest.At:u} in the place that call was about; whether this one is about the same place only {definition.Name} knows."
            )
            {
                KnownAt = newest.At,
            }
            : new ExplainedCheck(
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
            "app_blocked" => "the application is not allowed in that place, which an administrator there can change",
            _ => "there is no such thing, or the user does not have access to it",
        };

    private static ExplainedCheck Allowed(string check, string message, DateTimeOffset knownAt) =>
        new(check, Verdict.Allowed, "", message) { KnownAt = knownAt };

    private static ExplainedCheck Refused(string check, string code, string message, DateTimeOffset knownAt) =>
        new(check, Verdict.Refused, code, message) { KnownAt = knownAt };

    private static ExplainedCheck Refused(string check, Problem problem, DateTimeOffset knownAt) =>
        Refused(check, problem.Code, problem.Message, knownAt);

    private static string Shown(string name) => ToolNames.IsNameLike(name) ? name : "a tool of that name";
}
