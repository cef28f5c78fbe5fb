using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connections;
using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>What a user has at a server's connections, and the tokens the user's MCP client calls it with.</summary>
internal sealed class McpSessions(
    McpConfigs configs,
    McpInstances instances,
    IConnections connections,
    IAuthorization authorization,
    IIdentity identity,
    IAudit audit,
    McpUrls urls
)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    private static readonly Problem WrongLifetime = Problem.Invalid(
        "expiry",
        "range",
        "is from one minute to 24 hours"
    );

    public async Task<Result<IReadOnlyList<McpConnectionState>>> StateAsync(
        ActingSubject subject,
        IReadOnlyList<McpMapping> mappings,
        bool withLinks,
        CancellationToken cancellationToken
    )
    {
        Dictionary<ConnectionId, ConnectedAccount> accounts = (
            await connections.AccountsOfAsync(subject, cancellationToken)
        ).ToDictionary(account => account.Connection);
        List<McpConnectionState> states = [];
        foreach (McpMapping mapping in mappings)
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
            return WrongLifetime;
        }

        Result<McpConfig> config = await configs.FindAsync(environment, id, cancellationToken);
        if (!config.Succeeded)
        {
            return config.Problem;
        }

        return config.Value.Identifier is { } only && only != subject.Identifier
            ? Problem.NotFound("MCP config")
            : await CreateTokenAsync(
                subject,
                config.Value,
                await urls.OfAsync(config.Value, cancellationToken),
                access,
                lifetime,
                cancellationToken
            );
    }

    /// <summary>For the URL of an instance; it is its user's alone.</summary>
    public async Task<Result<IssuedToken>> CreateTokenAsync(
        EnvironmentId environment,
        ActingSubject subject,
        McpInstanceId id,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        if (lifetime < Shortest || lifetime > Longest)
        {
            return WrongLifetime;
        }

        Result<McpInstance> instance = await instances.FindAsync(environment, id, cancellationToken);
        if (!instance.Succeeded)
        {
            return instance.Problem;
        }

        return instance.Value.Identifier != subject.Identifier
            ? Problem.NotFound("MCP instance")
            : await CreateTokenAsync(
                subject,
                instance.Value.Config,
                await urls.OfAsync(instance.Value, cancellationToken),
                access,
                lifetime,
                cancellationToken
            );
    }

    /// <summary>For the server of one connection; there need be no account yet, since the server can ask for one.</summary>
    public async Task<Result<IssuedToken>> CreateTokenAsync(
        EnvironmentId environmentId,
        ActingSubject subject,
        ConnectionName name,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        if (lifetime < Shortest || lifetime > Longest)
        {
            return WrongLifetime;
        }

        Result<ConnectionView> found = await connections.FindAsync(environmentId, name, cancellationToken);
        DeploymentEnvironment? environment = await identity.FindEnvironmentAsync(environmentId, cancellationToken);
        if (!found.Succeeded || environment is null)
        {
            return Problem.NotFound("connection");
        }

        ConnectionId id = found.Value.Connection.Id;
        return await IssueAsync(
            subject,
            new ServerTokenContent
            {
                Server = urls.Of(environment, name),
                Connection = id,
                Accounts =
                [
                    .. (await connections.AccountsOfAsync(subject, cancellationToken))
                        .Where(account => account.Connection == id)
                        .Select(account => account.Id),
                ],
                ReadOnly = access == McpAccess.ReadOnly,
            },
            lifetime,
            cancellationToken
        );
    }

    private async Task<Result<IssuedToken>> CreateTokenAsync(
        ActingSubject subject,
        McpConfig config,
        Uri server,
        McpAccess access,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        Result<IReadOnlyList<McpConnectionState>> states = await StateAsync(
            subject,
            config.Mappings,
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
            new ServerTokenContent
            {
                Server = server,
                Config = config.Id,
                Accounts = [.. states.Value.Select(state => state.Account!.Id)],
                ReadOnly = access == McpAccess.ReadOnly,
            },
            lifetime,
            cancellationToken
        );
    }

    private async Task<Result<IssuedToken>> IssueAsync(
        ActingSubject subject,
        ServerTokenContent content,
        TimeSpan lifetime,
        CancellationToken cancellationToken
    )
    {
        Result<IssuedToken> token = await identity.IssueServerTokenAsync(subject, content, lifetime, cancellationToken);
        if (!token.Succeeded)
        {
            return token;
        }

        Result<Done> recorded = await audit.RecordAsync(
            new AuditDraft
            {
                Environment = subject.Environment,
                Kind = AuditKind.Admin,
                Action = "mcp_token.created",
                Identifier = subject.Identifier.Value,
                Principal = subject.Principal.ClientId,
                Outcome = CallOutcomes.Success,
                Detail =
                    $"{content.Server.AbsolutePath} {(content.ReadOnly ? McpAccess.ReadOnly : McpAccess.Full)} until {token.Value.ExpiresAt:u}",
            },
            cancellationToken
        );
        return recorded.Succeeded ? token : recorded.Problem;
    }
}
