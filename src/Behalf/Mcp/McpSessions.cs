using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>What a user has at a server's connections, and the tokens the user's MCP client calls it with.</summary>
internal sealed class McpSessions(
    McpConfigs configs,
    IConnections connections,
    IAuthorization authorization,
    IIdentity identity,
    IAudit audit,
    McpUrls urls
)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public async Task<Result<IReadOnlyList<McpConnectionState>>> StateAsync(
        ActingSubject subject,
        McpConfig config,
        bool withLinks,
        CancellationToken cancellationToken
    )
    {
        Dictionary<ConnectionId, ConnectedAccount> accounts = (
            await connections.AccountsOfAsync(subject, cancellationToken)
        ).ToDictionary(account => account.Connection);
        List<McpConnectionState> states = [];
        foreach (McpMapping mapping in config.Mappings)
        {
            ConnectedAccount? account = accounts.GetValueOrDefault(mapping.Connection);
            Uri? link = null;
            if (withLinks && account?.State != AccountState.Active)
            {
                Result<AuthorizationLink> made = await authorization.CreateLinkAsync(
                    subject,
                    new LinkRequest { Connection = mapping.ConnectionName },
                    cancellationToken
                );
                if (!made.Succeeded)
                {
                    return made.Problem;
                }

                link = made.Value.Link;
            }

            states.Add(new McpConnectionState(mapping, account, link));
        }

        return states;
    }

    public async Task<Result<IssuedToken>> CreateTokenAsync(
        EnvironmentId environment,
        ActingSubject subject,
        McpConfigId id,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        if (lifetime < Shortest || lifetime > Longest)
        {
            return Problem.Invalid("expiry", "range", "is from one minute to 24 hours");
        }

        Result<McpConfig> config = await configs.FindAsync(environment, id, cancellationToken);
        if (!config.Succeeded)
        {
            return config.Problem;
        }

        if (config.Value.Identifier is { } only && only != subject.Identifier)
        {
            return Problem.NotFound("MCP config");
        }

        Result<IReadOnlyList<McpConnectionState>> states = await StateAsync(
            subject,
            config.Value,
            withLinks: false,
            cancellationToken
        );
        if (!states.Succeeded)
        {
            return states.Problem;
        }

        if (states.Value.FirstOrDefault(state => state.Account?.State != AccountState.Active) is { } missing)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "account_not_active",
                $"{subject.Identifier} has no ACTIVE account at \"{missing.Mapping.ConnectionName}\". Create an authorization link and send {subject.Identifier} to it."
            );
        }

        return await IssueAsync(
            subject,
            config.Value,
            [.. states.Value.Select(state => state.Account!.Id)],
            access,
            lifetime,
            cancellationToken
        );
    }

    private async Task<Result<IssuedToken>> IssueAsync(
        ActingSubject subject,
        McpConfig config,
        IReadOnlyList<AccountId> accounts,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        Result<IssuedToken> token = await identity.IssueServerTokenAsync(
            subject,
            new ServerTokenContent
            {
                Server = await urls.OfAsync(config, cancellationToken),
                Config = config.Id.ToString(),
                Accounts = accounts,
                ReadOnly = access == McpAccess.ReadOnly,
            },
            lifetime,
            cancellationToken
        );
        if (!token.Succeeded)
        {
            return token;
        }

        Result<Done> recorded = await audit.RecordAsync(
            new AuditDraft
            {
                Environment = config.Environment,
                Kind = AuditKind.Admin,
                Action = "mcp_token.created",
                Identifier = subject.Identifier.Value,
                Principal = subject.Principal.ClientId,
                Outcome = CallOutcomes.Success,
                Detail = $"{config.Id} {access} until {token.Value.ExpiresAt:u}",
            },
            cancellationToken
        );
        return recorded.Succeeded ? token : recorded.Problem;
    }
}
