using Behalf.Connections;
using Behalf.Grants;
using Behalf.Identity;
using Behalf.People;

namespace Behalf.Mcp;

/// <summary>Lets callers in at a server: token, what the server offers now, and what the two allow together.</summary>
internal sealed class McpVisits(
    IMcpConfigStore configs,
    McpInstances instances,
    IIdentity identity,
    IConnections connections,
    IGrants grants,
    IPeople people,
    GroupPolicies policies,
    McpUrls urls,
    PublicUrls publicUrls
)
{
    private const string Personal = "mcp";

    private static readonly Problem SignInAgain = new(
        ProblemKind.Unauthenticated,
        "invalid_token",
        "The token is missing, expired or not for this server. Sign in again."
    );

    private static readonly Problem NotHere = new(
        ProblemKind.Unauthenticated,
        "invalid_token",
        "The token is missing, expired or not for this server. Ask the application for a new one."
    );

    public Task<Result<McpVisit>> EnterAsync(McpAddress address, string token, CancellationToken cancellationToken) =>
        address switch
        {
            McpAddress.OfConfig config => EnterConfigAsync(config, token, cancellationToken),
            McpAddress.OfInstance instance => EnterInstanceAsync(instance, token, cancellationToken),
            McpAddress.OfConnection connection => EnterConnectionAsync(connection, token, cancellationToken),
            McpAddress.OfPerson person => EnterPersonalAsync(person, token, cancellationToken),
            _ => throw new InvalidOperationException($"Unknown address {address.GetType().Name}."),
        };

    private async Task<Result<McpVisit>> EnterConfigAsync(
        McpAddress.OfConfig address,
        string token,
        CancellationToken cancellationToken
    )
    {
        if (
            await configs.FindServerAsync(address.Server, cancellationToken) is not { } config
            || (await urls.OfAsync(config, cancellationToken)).AbsolutePath != address.Path
        )
        {
            return NotHere; // as with a foreign token: the URL of a server that is gone tells nothing
        }

        Result<ServerCaller> caller = await AuthenticateAsync(address, token, cancellationToken);
        if (!caller.Succeeded)
        {
            return caller.Problem;
        }

        return caller.Value.Config == config.Id && caller.Value.Principal.Environment == config.Environment
            ? await LetInAsync(caller.Value.Principal, config.Mappings, config.Id.ToString(), cancellationToken)
            : NotHere;
    }

    /// <summary>For its one user only, and while it stands for the config that the token was given for.</summary>
    private async Task<Result<McpVisit>> EnterInstanceAsync(
        McpAddress.OfInstance address,
        string token,
        CancellationToken cancellationToken
    )
    {
        if (
            await instances.FindServerAsync(address.Server, cancellationToken) is not { } instance
            || (await urls.OfAsync(instance, cancellationToken)).AbsolutePath != address.Path
        )
        {
            return NotHere;
        }

        Result<ServerCaller> caller = await AuthenticateAsync(address, token, cancellationToken);
        if (!caller.Succeeded)
        {
            return caller.Problem;
        }

        Principal principal = caller.Value.Principal;
        if (
            caller.Value.Config != instance.Config.Id
            || principal.Environment != instance.Environment
            || principal.Subject != instance.Identifier
        )
        {
            return NotHere;
        }

        Result<McpVisit> visit = await LetInAsync(
            principal,
            instance.Config.Mappings,
            instance.Id.ToString(),
            cancellationToken
        );
        if (visit.Succeeded)
        {
            await instances.UsedAsync(instance, cancellationToken);
        }

        return visit;
    }

    private async Task<Result<McpVisit>> EnterConnectionAsync(
        McpAddress.OfConnection address,
        string token,
        CancellationToken cancellationToken
    )
    {
        Result<ServerCaller> caller = await AuthenticateAsync(address, token, cancellationToken);
        if (!caller.Succeeded)
        {
            return caller.Problem;
        }

        if (caller.Value is not { Principal: { Environment: { } environment } principal, Connection: { } id })
        {
            return NotHere;
        }

        Result<ConnectionView> found = await connections.FindAsync(environment, id, cancellationToken);
        return found.Succeeded && found.Value.Connection is var connection && connection.Name == address.Name
            ? await LetInAsync(
                principal,
                [new McpMapping(connection.Id, connection.Name, connection.Connector, [])],
                connection.Id.ToString(),
                cancellationToken
            )
            : NotHere;
    }

    /// <summary>Token, grant, person and policy, as they are now.</summary>
    private async Task<Result<McpVisit>> EnterPersonalAsync(
        McpAddress.OfPerson address,
        string token,
        CancellationToken cancellationToken
    )
    {
        Result<GrantCaller> caller = await identity.AuthenticateGrantAsync(
            token,
            publicUrls.PersonalServer,
            cancellationToken
        );
        if (!caller.Succeeded)
        {
            return caller.Problem;
        }

        if (
            caller.Value is not { Principal: { Environment: { } environment, Subject: { } identifier } principal }
            || environment != address.Environment
            || await grants.FindLiveAsync(environment, caller.Value.Grant, cancellationToken) is not { } grant
            || grant.Identifier != identifier
            || await people.GroupsOfAsync(environment, identifier, cancellationToken) is not { } groups
        )
        {
            return SignInAgain;
        }

        return await LetInAsync(
            principal
                .Named(grant.ClientName)
                .Within(CredentialLimits.None with { ReadOnly = !caller.Value.Scopes.Contains(GrantScopes.Write) }),
            await policies.MappingsAsync(environment, groups, cancellationToken),
            Personal,
            cancellationToken
        );
    }

    private Task<Result<ServerCaller>> AuthenticateAsync(
        McpAddress address,
        string token,
        CancellationToken cancellationToken
    ) => identity.AuthenticateAtServerAsync(token, environment => urls.Of(environment, address), cancellationToken);

    private async Task<Result<McpVisit>> LetInAsync(
        Principal principal,
        IReadOnlyList<McpMapping> mappings,
        string server,
        CancellationToken cancellationToken
    )
    {
        Result<ActingSubject> subject = await identity.ActForAsync(
            principal.Within(LimitsOf(mappings)),
            null,
            cancellationToken
        );
        return subject.To(acting => new McpVisit(acting, mappings, server));
    }

    private static CredentialLimits LimitsOf(IReadOnlyList<McpMapping> mappings) =>
        new(mappings.Select(mapping => mapping.ConnectionName.Value).ToHashSet(StringComparer.Ordinal), null)
        {
            ToolsOf = mappings
                .Where(mapping => mapping.Tools.Count > 0)
                .ToDictionary(
                    mapping => mapping.ConnectionName.Value,
                    IReadOnlySet<string> (mapping) => mapping.Tools.ToHashSet(StringComparer.Ordinal),
                    StringComparer.Ordinal
                ),
        };
}
