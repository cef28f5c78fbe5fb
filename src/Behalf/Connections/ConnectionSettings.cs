using Behalf.Audit;
using Behalf.Connectors;
using Behalf.Identity;
using Behalf.Vault;

namespace Behalf.Connections;

/// <summary>
/// Changes connections. Origins and OAuth client stay fixed while tokens are held: whoever may change a connection must not
/// be able to have users' tokens sent somewhere else.
/// </summary>
internal sealed class ConnectionSettings(
    IConnectionStore store,
    IConnectorCatalog catalog,
    NewConnectionRules rules,
    IVault vault
)
{
    private const int MaxTries = 10;

    public async Task<Result<ConnectionId>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        ConnectionChange change,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            if (await FindAsync(principal, environment, id, cancellationToken) is not { } before)
            {
                return Problem.NotFound("connection");
            }

            if (change.Name is { } name && !principal.Limits.AllowsConnection(name.Value))
            {
                return Problem.Forbidden("not_allowed", "This credential is limited to other connections.");
            }

            ConnectorDefinition definition = await catalog.GetAsync(before.ConnectorRevision, cancellationToken);
            Connection after = Apply(before, change);
            if (change.AcceptsNewest)
            {
                definition =
                    await catalog.FindLatestAsync(environment, before.Connector, cancellationToken) ?? definition;
                if (definition.Auth.Kind != before.Kind)
                {
                    return new Problem(
                        ProblemKind.FailedPrecondition,
                        "other_credential",
                        $"The newest revision of {before.Connector} takes another kind of credential. Add another connection."
                    );
                }

                after = after with { ConnectorRevision = definition.Revision };
            }

            Result<CheckedConnection> verdict = rules.Check(Wanted(after, change), definition);
            if (!verdict.Succeeded)
            {
                return verdict.Problem;
            }

            string[] changed = [.. Changes(before, after)];
            if (changed.Length == 0)
            {
                return id;
            }

            Traces traces = Traces.Of(Record(principal, after, "connection.changed", string.Join(' ', changed)));
            switch (await store.ChangeAsync(after, Moves(before, after), traces, cancellationToken))
            {
                case ConnectionChanged.Done:
                    return id;
                case ConnectionChanged.NameTaken:
                    return ConnectionRegistry.Taken("name");
                case ConnectionChanged.HoldsTokens:
                    return HoldsTokens(before);
            }
        }

        return new Problem(ProblemKind.Unavailable, "connection_busy", "The connection keeps changing; try again.");
    }

    public async Task<Result<string>> ReadContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        CancellationToken cancellationToken
    ) =>
        await FindAsync(principal, environment, id, cancellationToken) is null
            ? Problem.NotFound("connection")
            : await store.FindContextAsync(environment, id, organization, cancellationToken) ?? "{}";

    public async Task<Result<Done>> WriteContextAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        string organization,
        string context,
        CancellationToken cancellationToken
    )
    {
        if (await FindAsync(principal, environment, id, cancellationToken) is not { } connection)
        {
            return Problem.NotFound("connection");
        }

        Traces traces = Traces.Of(
            Record(principal, connection, "connection.context_changed", organization.Length == 0 ? null : organization)
        );
        return await store.PutContextAsync(environment, id, organization, context, traces, cancellationToken)
            ? Done.Value
            : Problem.NotFound("connection");
    }

    private async Task<Connection?> FindAsync(
        Principal principal,
        EnvironmentId environment,
        ConnectionId id,
        CancellationToken cancellationToken
    ) =>
        principal.Manages(environment)
        && await store.FindAsync(environment, id, cancellationToken) is { } connection
        && principal.Limits.AllowsConnection(connection.Name.Value)
            ? connection
            : null;

    private Connection Apply(Connection before, ConnectionChange change) =>
        before with
        {
            Name = change.Name ?? before.Name,
            ClientId = change.ClientId ?? before.ClientId,
            ClientSecretSealed = change.ClientSecret is { Length: > 0 } secret
                ? vault.Seal(before.ClientSecretPlace, secret)
                : before.ClientSecretSealed,
            Scopes = change.Scopes ?? before.Scopes,
            BaseUrl = change.BaseUrl ?? before.BaseUrl,
            OAuthUrl = change.OAuthUrl ?? before.OAuthUrl,
            AllowedTools = change.AllowedTools switch
            {
                null => before.AllowedTools,
                { Count: 0 } => null,
                var tools => tools,
            },
            Enabled = change.Enabled ?? before.Enabled,
            Proxy = change.Proxy is { } proxy ? proxy.Mode : before.Proxy,
        };

    /// <summary>The whole connection as it would be, for the rules a new one has to keep.</summary>
    private static NewConnection Wanted(Connection after, ConnectionChange change) =>
        new()
        {
            Connector = after.Connector,
            Name = after.Name,
            ClientId = after.ClientId,
            ClientSecret = change.ClientSecret,
            KeepsSecret = change.ClientSecret is null && after.ClientSecretSealed is not null,
            WithoutClient = after.ClientId is null,
            Scopes = after.Scopes,
            BaseUrl = after.BaseUrl,
            OAuthUrl = after.OAuthUrl,
            AllowedTools = after.AllowedTools,
        };

    /// <summary>True: tokens held now would go to another client or origin.</summary>
    private static bool Moves(Connection before, Connection after) =>
        before.BaseUrl != after.BaseUrl
        || before.OAuthUrl != after.OAuthUrl
        || (before.ClientId is not null && before.ClientId != after.ClientId);

    private static IEnumerable<string> Changes(Connection before, Connection after)
    {
        (string Name, object? Before, object? After)[] settings =
        [
            ("name", before.Name.Value, after.Name.Value),
            ("client_id", before.ClientId, after.ClientId),
            ("scopes", before.Scopes.ToString(), after.Scopes.ToString()),
            ("base_url", before.BaseUrl, after.BaseUrl),
            ("oauth_url", before.OAuthUrl, after.OAuthUrl),
            ("allowed_tools", ListOf(before), ListOf(after)),
            ("enabled", before.Enabled, after.Enabled),
            ("connector_revision", before.ConnectorRevision, after.ConnectorRevision),
            ("proxy", NameOf(before.Proxy), NameOf(after.Proxy)),
        ];
        foreach ((string name, object? old, object? now) in settings)
        {
            if (!Equals(old, now))
            {
                yield return $"{name}={now ?? "all"}";
            }
        }

        if (!ReferenceEquals(before.ClientSecretSealed, after.ClientSecretSealed))
        {
            yield return "client_secret";
        }
    }

    private static string NameOf(ProxyMode? mode) => mode?.ToString().ToLowerInvariant() ?? "default";

    private static string? ListOf(Connection connection) =>
        connection.AllowedTools is { } tools ? string.Join(',', tools) : null;

    private static Problem HoldsTokens(Connection connection) =>
        new(
            ProblemKind.FailedPrecondition,
            "connection_holds_tokens",
            $"Connection {connection.Name} holds tokens that were granted to its OAuth client and for its origins. Add another connection, or disconnect its accounts first."
        );

    private static AuditDraft Record(Principal principal, Connection connection, string action, string? detail) =>
        new()
        {
            Environment = connection.Environment,
            Kind = AuditKind.Admin,
            Action = action,
            Principal = principal.ClientId,
            Connection = connection.Name.Value,
            Outcome = CallOutcomes.Success,
            Detail = detail,
        };
}
