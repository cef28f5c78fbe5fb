using Behalf.Audit;
using Behalf.Authorization;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Connections;

/// <summary>The connections of an environment: add, find, list, remove.</summary>
internal sealed class ConnectionRegistry(
    IConnectionStore store,
    IEnvironmentStore environments,
    IConnectorCatalog catalog,
    NewConnectionRules rules,
    IVault vault,
    ClientRegistration registration,
    PublicUrls urls,
    TimeProvider time
)
{
    private const int MaxPrefixTries = 20;

    public async Task<Result<ConnectionView>> AddAsync(
        Principal principal,
        EnvironmentId environmentId,
        NewConnection wanted,
        CancellationToken cancellationToken
    )
    {
        if (!principal.Manages(environmentId))
        {
            return Problem.Forbidden("not_allowed", "This credential may not add connections here.");
        }

        if (await environments.FindAsync(environmentId, cancellationToken) is not { } environment)
        {
            return Problem.NotFound("environment");
        }

        if (await catalog.FindLatestAsync(environmentId, wanted.Connector, cancellationToken) is not { } definition)
        {
            return Problem.NotFound("connector");
        }

        Result<CheckedConnection> verdict = rules.Check(wanted, definition);
        if (!verdict.Succeeded)
        {
            return verdict.Problem;
        }

        if (!principal.Limits.AllowsConnection(verdict.Value.Name.Value))
        {
            return Problem.Forbidden("not_allowed", "This credential is limited to other connections.");
        }

        return await AddAsync(principal, environment, wanted, verdict.Value, definition, cancellationToken);
    }

    private async Task<Result<ConnectionView>> AddAsync(
        Principal principal,
        DeploymentEnvironment environment,
        NewConnection wanted,
        CheckedConnection accepted,
        ConnectorDefinition definition,
        CancellationToken cancellationToken
    )
    {
        ConnectionId id = EntityId.New<ConnectionId>(time);
        var connection = new Connection
        {
            Environment = environment.Id,
            Id = id,
            Name = accepted.Name,
            Connector = definition.Slug,
            ConnectorRevision = definition.Revision,
            Kind = definition.Auth.Kind,
            ToolPrefix = string.Empty,
            BaseUrl = accepted.BaseUrl,
            OAuthUrl = accepted.OAuthUrl,
            ClientId = wanted.ClientId,
            Scopes = accepted.Scopes,
            AllowedTools = wanted.AllowedTools,
            Proxy = wanted.Proxy,
            PolicyRevision = 1,
            Enabled = true,
            CreatedAt = time.GetUtcNow(),
            RowVersion = 1,
        };
        if (wanted.ClientSecret is { } secret)
        {
            connection = connection with { ClientSecretSealed = vault.Seal(connection.ClientSecretPlace, secret) };
        }

        if (wanted is { ClientId: null, WithoutClient: false } && definition.OAuth.RegistersClients)
        {
            Result<RegisteredClient> client = await registration.RegisterAsync(
                environment,
                connection,
                definition.OAuth,
                cancellationToken
            );
            if (!client.Succeeded)
            {
                return client.Problem;
            }

            using Secret? given = client.Value.Secret;
            connection = connection with
            {
                ClientId = client.Value.Id,
                ClientSecretSealed = given is null ? null : vault.Seal(connection.ClientSecretPlace, given),
            };
        }

        var record = new AuditDraft
        {
            Environment = environment.Id,
            Kind = AuditKind.Admin,
            Action = "connection.added",
            Principal = principal.ClientId,
            Connection = connection.Name.Value,
        };
        foreach (string prefix in Prefixes(wanted, definition, accepted.Name))
        {
            Connection candidate = connection with { ToolPrefix = prefix };
            switch (await store.AddAsync(candidate, Traces.Of(record), cancellationToken))
            {
                case null:
                    return View(environment, candidate, definition);
                case "tool_prefix" when wanted.ToolPrefix is null:
                    continue;
                case var taken:
                    return Taken(taken);
            }
        }

        return Taken("tool_prefix");
    }

    public async Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionName name,
        CancellationToken cancellationToken
    ) => await ViewAsync(environment, store.FindByNameAsync(environment, name, cancellationToken), cancellationToken);

    public async Task<Result<ConnectionView>> FindAsync(
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) => await ViewAsync(environment, store.FindAsync(environment, id, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<Connection>> OfPrefixesAsync(
        EnvironmentId environment,
        IReadOnlyList<string> prefixes,
        CancellationToken cancellationToken
    ) => store.OfPrefixesAsync(environment, prefixes, cancellationToken);

    public async Task<Page<ConnectionView>> ListAsync(
        EnvironmentId environment,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        Page<Connection> found = await store.ListAsync(environment, page, cancellationToken);
        DeploymentEnvironment? around = await environments.FindAsync(environment, cancellationToken);
        var views = new List<ConnectionView>(found.Items.Count);
        foreach (Connection connection in around is null ? [] : found.Items)
        {
            views.Add(
                View(around!, connection, await catalog.GetAsync(connection.ConnectorRevision, cancellationToken))
            );
        }

        return new Page<ConnectionView>(views, found.Next, found.Previous, found.TotalSize);
    }

    /// <summary>The few that a credential is limited to.</summary>
    public async Task<Page<ConnectionView>> ListAsync(
        EnvironmentId environment,
        IReadOnlySet<string> names,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        var views = new List<ConnectionView>();
        foreach (ConnectionName name in names.Select(Reach.Parse).OfType<ConnectionName>())
        {
            Result<ConnectionView> view = await FindAsync(environment, name, cancellationToken);
            if (view.Succeeded)
            {
                views.Add(view.Value);
            }
        }

        return KeyedList.Page(views, view => view.Connection.Id.Value, page);
    }

    public Task<bool> RemoveAsync(Principal principal, Connection connection, CancellationToken cancellationToken)
    {
        var record = new AuditDraft
        {
            Environment = connection.Environment,
            Kind = AuditKind.Admin,
            Action = "connection.removed",
            Principal = principal.ClientId,
            Connection = connection.Name.Value,
        };
        return store.RemoveAsync(connection.Environment, connection.Id, Traces.Of(record), cancellationToken);
    }

    /// <summary>Connection and environment are looked up at once: one way to the database.</summary>
    private async Task<Result<ConnectionView>> ViewAsync(
        EnvironmentId id,
        Task<Connection?> finding,
        CancellationToken cancellationToken
    )
    {
        Task<DeploymentEnvironment?> around = environments.FindAsync(id, cancellationToken);
        await Task.WhenAll(finding, around);
        if (await finding is not { } connection || await around is not { } environment)
        {
            return Problem.NotFound("connection");
        }

        return View(environment, connection, await catalog.GetAsync(connection.ConnectorRevision, cancellationToken));
    }

    private ConnectionView View(
        DeploymentEnvironment environment,
        Connection connection,
        ConnectorDefinition definition
    ) => new(connection, definition.Name, urls.RedirectUri(environment, connection.Id));

    /// <summary>The first connection of a connector takes its slug; further ones their own name's form, then a number.</summary>
    private static IEnumerable<string> Prefixes(
        NewConnection wanted,
        ConnectorDefinition definition,
        ConnectionName name
    )
    {
        if (wanted.ToolPrefix is { } explicitly)
        {
            return [explicitly];
        }

        string ofName = new([.. name.Value.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
        IEnumerable<string> numbered = Enumerable
            .Range(2, MaxPrefixTries)
            .Select(number => $"{Cut(definition.Slug, NewConnectionRules.MaxPrefix - 3)}_{number}");
        return [definition.Slug, Cut(ofName, NewConnectionRules.MaxPrefix), .. numbered];
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    public static Problem Taken(string what) =>
        new(ProblemKind.AlreadyExists, $"{what}_taken", $"Another connection of this environment has this {what}.");
}
