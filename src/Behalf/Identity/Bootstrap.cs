namespace Behalf.Identity;

/// <summary>The first start: an operator credential, the environment <c>default</c> and one API client.</summary>
internal sealed class Bootstrap(
    IEnvironmentStore environments,
    IOperatorCredentialStore operators,
    Environments maker,
    ApiClients clients,
    TimeProvider time
)
{
    public const string DefaultSlug = "default";

    private const string FirstStart = "first-start";

    public async Task<bool> RunAsync(
        Func<FirstCredentials, CancellationToken, Task> deliver,
        CancellationToken cancellationToken
    )
    {
        if (await operators.AnyAsync(cancellationToken))
        {
            return false;
        }

        DeploymentEnvironment environment = await EnsureEnvironmentAsync(cancellationToken);
        NewApiClient client = await clients.AddAsync(
            FirstStart,
            environment.Id,
            "Behalf", // people read it on the connect page; applications get clients of their own
            CredentialLimits.None,
            cancellationToken
        );
        CredentialPair pair = CredentialPair.ForOperator();
        await deliver(new FirstCredentials(environment, client, pair.ClientId, pair.Secret), cancellationToken);

        // Last: only with this row the first start counts as done.
        DateTimeOffset now = time.GetUtcNow();
        await operators.AddAsync(
            new OperatorCredential(Guid.CreateVersion7(now), pair.ClientId, pair.Digest, 1, now),
            Traces.None,
            cancellationToken
        );
        return true;
    }

    private async Task<DeploymentEnvironment> EnsureEnvironmentAsync(CancellationToken cancellationToken)
    {
        if (await environments.FindBySlugAsync(DefaultSlug, cancellationToken) is { } existing)
        {
            return existing;
        }

        DeploymentEnvironment environment = maker.Make(
            new NewEnvironment(DefaultSlug, "Default", VerifyMode.Application, null, null)
        );
        return await environments.AddAsync(environment, Environments.Added(environment, FirstStart), cancellationToken)
            ? environment
            : await environments.FindBySlugAsync(DefaultSlug, cancellationToken)
                ?? throw new InvalidOperationException("The environment \"default\" can neither be added nor found.");
    }
}
