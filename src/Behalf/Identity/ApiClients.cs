using Behalf.Audit;

namespace Behalf.Identity;

/// <summary>API clients of an environment; only an operator adds, rotates and removes them.</summary>
internal sealed class ApiClients(IApiClientStore clients, IEnvironmentStore environments, TimeProvider time)
{
    /// <value>How long the secret before a rotation stays valid, so that an application can be redeployed.</value>
    private static readonly TimeSpan RotationOverlap = TimeSpan.FromHours(24);

    public async Task<Result<NewApiClient>> AddAsync(
        Principal principal,
        EnvironmentId environment,
        string name,
        CredentialLimits limits,
        CancellationToken cancellationToken
    )
    {
        if (Refuse(principal) is { } problem)
        {
            return problem;
        }

        return await environments.FindAsync(environment, cancellationToken) is null
            ? Problem.NotFound("environment")
            : await AddAsync(principal.ClientId, environment, name, limits, cancellationToken);
    }

    public async Task<NewApiClient> AddAsync(
        string addedBy,
        EnvironmentId environment,
        string name,
        CredentialLimits limits,
        CancellationToken cancellationToken
    )
    {
        CredentialPair pair = CredentialPair.ForClient();
        DateTimeOffset now = time.GetUtcNow();
        ApiClient client = new()
        {
            Environment = environment,
            Id = EntityId.New<ApiClientId>(time),
            ClientId = pair.ClientId,
            Name = name,
            Limits = limits,
            Epoch = 1,
            Enabled = true,
            CreatedAt = now,
            Secrets = [new ClientSecretDigest(pair.Digest, now, null)],
        };
        await clients.AddAsync(
            client,
            Traces.Of(Record(environment, "client.added", addedBy, $"{pair.ClientId} \"{name}\"")),
            cancellationToken
        );
        return new NewApiClient(client, pair.Secret);
    }

    public async Task<Result<NewApiClient>> RotateAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    )
    {
        Result<ApiClient> found = await FindManagedAsync(principal, environment, clientId, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        ApiClient client = found.Value;

        CredentialPair pair = CredentialPair.Renew(clientId);
        bool rotated = await clients.RotateSecretAsync(
            environment,
            client.Id,
            pair.Digest,
            time.GetUtcNow() + RotationOverlap,
            Traces.Of(Record(environment, "client.rotated", principal.ClientId, clientId)),
            cancellationToken
        );
        return rotated && await FindAsync(environment, clientId, cancellationToken) is { } changed
            ? new NewApiClient(changed, pair.Secret)
            : Problem.NotFound("client");
    }

    /// <summary>Holds for every call that starts from now on, with tokens and sessions that were issued before too.</summary>
    public async Task<Result<ApiClient>> ChangeAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        ApiClientChange change,
        CancellationToken cancellationToken
    )
    {
        Result<ApiClient> found = await FindManagedAsync(principal, environment, clientId, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        ApiClient client = found.Value;

        ApiClient wanted = client with
        {
            Name = change.Name ?? client.Name,
            Limits = new CredentialLimits(
                change.Connections is { } connections ? NoneIsAll(connections) : client.Limits.Connections,
                change.Tools is { } tools ? NoneIsAll(tools) : client.Limits.Tools
            ),
        };
        string detail =
            $"{clientId} \"{wanted.Name}\" connections={Spell(wanted.Limits.Connections)} tools={Spell(wanted.Limits.Tools)}";
        bool changed = await clients.ChangeAsync(
            environment,
            client.Id,
            wanted.Name,
            wanted.Limits,
            Traces.Of(Record(environment, "client.changed", principal.ClientId, detail)),
            cancellationToken
        );
        return changed && await FindAsync(environment, clientId, cancellationToken) is { } now
            ? now
            : Problem.NotFound("client");
    }

    public async Task<Result<Done>> RemoveAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    )
    {
        Result<ApiClient> found = await FindManagedAsync(principal, environment, clientId, cancellationToken);
        if (!found.Succeeded)
        {
            return found.Problem;
        }

        ApiClient client = found.Value;

        Traces traces = Traces.Of(Record(environment, "client.removed", principal.ClientId, clientId));
        return await clients.RemoveAsync(environment, client.Id, traces, cancellationToken)
            ? Done.Value
            : Problem.NotFound("client");
    }

    private static IReadOnlySet<string>? NoneIsAll(IReadOnlySet<string> names) => names.Count == 0 ? null : names;

    private static string Spell(IReadOnlySet<string>? names) =>
        names is null ? "all" : string.Join(',', names.Order(StringComparer.Ordinal));

    private async Task<Result<ApiClient>> FindManagedAsync(
        Principal principal,
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    )
    {
        if (Refuse(principal) is { } problem)
        {
            return problem;
        }

        return await FindAsync(environment, clientId, cancellationToken) is { } client
            ? client
            : Problem.NotFound("client");
    }

    private async Task<ApiClient?> FindAsync(
        EnvironmentId environment,
        string clientId,
        CancellationToken cancellationToken
    ) =>
        await clients.FindByClientIdAsync(clientId, cancellationToken) is { Enabled: true } client
        && client.Environment == environment
            ? client
            : null;

    private static Problem? Refuse(Principal principal) =>
        principal.Kind == PrincipalKind.Operator
            ? null
            : Problem.Forbidden("operator_credential_needed", "API clients are managed with the operator credential.");

    private static AuditDraft Record(EnvironmentId environment, string action, string by, string detail) =>
        new()
        {
            Environment = environment,
            Kind = AuditKind.Admin,
            Action = action,
            Principal = by,
            Outcome = CallOutcomes.Success,
            Detail = detail,
        };
}
