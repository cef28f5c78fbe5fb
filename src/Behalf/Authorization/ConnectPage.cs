using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Authorization;

/// <summary>What an unopened link says: who connects what, for which application, and what will be possible. Reads only.</summary>
internal sealed class ConnectPage(
    IFlowStore flows,
    IConnectionStore connections,
    IEnvironmentStore environments,
    IApiClientStore clients,
    IConnectorCatalog catalog,
    IAudit audit,
    TimeProvider time
)
{
    public async Task<Result<AuthorizationFlow>> FindOpenAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    )
    {
        AuthorizationFlow? flow = RandomToken.IsWellFormed(linkToken)
            ? await flows.FindByLinkAsync(Digest.Of(linkToken), cancellationToken)
            : null;
        Result<AuthorizationFlow> open = Open(flow);
        return open.Succeeded && await RefuseAsync(open.Value, visitor, cancellationToken) is { } problem
            ? problem
            : open;
    }

    private Result<AuthorizationFlow> Open(AuthorizationFlow? flow) =>
        flow switch
        {
            null => new Problem(
                ProblemKind.NotFound,
                "link_unknown",
                "This link is not known. Ask the application for a new one."
            ),
            { Outcome: FlowOutcomes.Withdrawn } => new Problem(
                ProblemKind.FailedPrecondition,
                "link_withdrawn",
                "The application has taken this link back. Ask it for a new one."
            ),
            { Step: not FlowStep.LinkCreated } => LinkUsed(),
            _ when flow.ExpiresAt <= time.GetUtcNow() => new Problem(
                ProblemKind.FailedPrecondition,
                "link_expired",
                "This link has expired. Ask the application for a new one."
            ),
            _ => flow,
        };

    /// <summary>A link that our own sign-in verifies is for its own person; whoever else opens it is told and recorded.</summary>
    private async Task<Problem?> RefuseAsync(
        AuthorizationFlow flow,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    )
    {
        if (flow.Mode != VerifyMode.Hosted || HostedVerification.IsOwn(flow, visitor))
        {
            return null;
        }

        if (visitor is null)
        {
            return new Problem(
                ProblemKind.Unauthenticated,
                "sign_in_needed",
                "Sign in first, as the person this link was made for."
            );
        }

        await audit.DenyAsync(
            new AuditDraft
            {
                Environment = flow.Environment,
                Kind = AuditKind.Denial,
                Action = "link.opened",
                Identifier = flow.Identifier.Value,
                Principal = flow.CreatedBy,
                Account = flow.Account,
                Decision = "deny",
                Outcome = AccountReasons.VerificationMismatch,
                Detail = HostedVerification.Describe(flow, visitor),
            },
            cancellationToken
        );
        return Problem.Forbidden(
            "not_you",
            $"This link was made for {flow.Identifier}, and you are signed in as {visitor.Identifier}. Nothing was connected."
        );
    }

    public static Problem LinkUsed() =>
        new(
            ProblemKind.FailedPrecondition,
            "link_used",
            "This link was used already. Ask the application for a new one."
        );

    public async Task<Result<LinkPage>> ShowAsync(
        string linkToken,
        BrowserUser? visitor,
        CancellationToken cancellationToken
    )
    {
        Result<AuthorizationFlow> found = await FindOpenAsync(linkToken, visitor, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        AuthorizationFlow flow = found.Value;
        Connection? connection = await connections.FindAsync(flow.Environment, flow.Connection, cancellationToken);
        DeploymentEnvironment? environment = await environments.FindAsync(flow.Environment, cancellationToken);
        if (connection is null || environment is null)
        {
            return Problem.NotFound("connection");
        }

        ConnectorDefinition definition = await catalog.GetAsync(connection.ConnectorRevision, cancellationToken);
        ApiClient? client = await clients.FindByClientIdAsync(flow.CreatedBy, cancellationToken);
        List<ToolDefinition> tools =
        [
            .. definition.Tools.Where(tool =>
                tool.IsDefault && tool.IsGrantedBy(flow.Scopes, definition.OAuth) && IsOffered(connection, tool)
            ),
        ];
        return new LinkPage
        {
            Application =
                client is not null && client.Environment == flow.Environment ? client.Name
                : flow.Mode == VerifyMode.Hosted ? HostedVerification.Application
                : environment.Name,
            ApplicationHost = flow.VerifyUrl is { } url ? new Uri(url).Host : null,
            ProviderName = definition.Name,
            ProviderHost = connection.OAuthUrl.Host,
            Kind = definition.Auth.Kind,
            Fields = definition.Auth.Fields,
            Identifier = flow.Identifier,
            Reads = Titles(tools, tool => !tool.Writes),
            Changes = Titles(tools, tool => tool.Writes && !tool.Hints.HasFlag(ToolHints.Destructive)),
            Deletes = Titles(tools, tool => tool.Writes && tool.Hints.HasFlag(ToolHints.Destructive)),
            ExpiresAt = flow.ExpiresAt,
        };
    }

    private static List<string> Titles(List<ToolDefinition> tools, Func<ToolDefinition, bool> condition) =>
        [.. tools.Where(condition).Select(tool => tool.Title).Distinct(StringComparer.Ordinal)];

    private static bool IsOffered(Connection connection, ToolDefinition tool) =>
        connection.AllowedTools is not { } patterns
        || patterns.Any(pattern =>
            tool.Names.Any(name => Matches(pattern, name) || Matches(pattern, $"{connection.ToolPrefix}_{name}"))
        );

    private static bool Matches(string pattern, string name) =>
        pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern;
}
