using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>Configs given to one user each.</summary>
internal sealed class McpInstances(IMcpInstanceStore store, McpConfigs configs, TimeProvider time)
{
    private const int MaxName = 200;
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(1);

    public async Task<Result<McpInstance>> EnsureAsync(
        EnvironmentId environment,
        Principal principal,
        string configName,
        Identifier identifier,
        string? name,
        CancellationToken cancellationToken
    )
    {
        Result<McpConfig> config = await configs.FindAsync(environment, configName, cancellationToken);
        if (!config.Succeeded)
        {
            return config.Problem;
        }

        McpInstanceId id = EntityId.New<McpInstanceId>(time);
        McpInstance instance = new()
        {
            Environment = environment,
            Id = id,
            Name = name ?? $"{configName}-{id.ToString()[^8..]}",
            Identifier = identifier,
            Config = config.Value,
            Server = Guid.NewGuid(),
            UpdatedAt = time.GetUtcNow(),
            RowVersion = 1,
        };
        if (Misnamed(instance.Name) is { } problem)
        {
            return problem;
        }

        return
            await store.EnsureInstanceAsync(
                instance,
                TracesOf(principal, instance, "mcp_instance.added"),
                cancellationToken
            )
                is { } ensured
            ? ensured
            : Problem.NotFound("MCP config");
    }

    public async Task<Result<McpInstance>> FindAsync(
        EnvironmentId environment,
        McpInstanceId id,
        CancellationToken cancellationToken
    ) => await store.FindInstanceAsync(environment, id, cancellationToken) is { } instance ? instance : NotFound();

    public Task<Page<McpInstance>> ListAsync(
        McpInstanceFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => store.ListInstancesAsync(filter, page, cancellationToken);

    /// <summary>The instance whose URL is called, whatever its environment.</summary>
    public Task<McpInstance?> FindServerAsync(Guid server, CancellationToken cancellationToken) =>
        store.FindInstanceServerAsync(server, cancellationToken);

    /// <summary>It is used now. Written once a minute at most, because it is only shown.</summary>
    public async Task UsedAsync(McpInstance instance, CancellationToken cancellationToken)
    {
        if (instance.LastUsedAt is not { } last || time.GetUtcNow() - last >= Step)
        {
            await store.TouchInstanceAsync(instance.Environment, instance.Id, cancellationToken);
        }
    }

    public async Task<Result<McpInstance>> UpdateAsync(
        EnvironmentId environment,
        Principal principal,
        McpInstanceId id,
        string? name,
        string? configName,
        CancellationToken cancellationToken
    )
    {
        if (await store.FindInstanceAsync(environment, id, cancellationToken) is not { } instance)
        {
            return NotFound();
        }

        Result<McpConfig> config = configName is null
            ? instance.Config
            : await configs.FindAsync(environment, configName, cancellationToken);
        if (!config.Succeeded)
        {
            return config.Problem;
        }

        McpInstance changed = instance with { Name = name ?? instance.Name, Config = config.Value };
        if (Misnamed(changed.Name) is { } problem)
        {
            return problem;
        }

        Traces traces = TracesOf(principal, changed, "mcp_instance.changed");
        return await store.UpdateInstanceAsync(changed, traces, cancellationToken) switch
        {
            null => await FindAsync(environment, id, cancellationToken),
            "config" => new Problem(
                ProblemKind.AlreadyExists,
                "instance_exists",
                "The user has an instance of that config already."
            ),
            _ => new Problem(
                ProblemKind.FailedPrecondition,
                "instance_changed",
                "The instance was changed at the same time. Look at it and try again."
            ),
        };
    }

    public async Task<Result<Done>> RemoveAsync(
        EnvironmentId environment,
        Principal principal,
        McpInstanceId id,
        CancellationToken cancellationToken
    ) =>
        await store.FindInstanceAsync(environment, id, cancellationToken) is { } instance
        && await store.RemoveInstanceAsync(
            environment,
            id,
            TracesOf(principal, instance, "mcp_instance.removed"),
            cancellationToken
        )
            ? Done.Value
            : NotFound();

    private static Problem NotFound() => Problem.NotFound("MCP instance");

    private static Problem? Misnamed(string name) =>
        name.Length is > 0 and <= MaxName && !name.Any(char.IsControl)
            ? null
            : Problem.Invalid("name", "max_len", $"is 1 to {MaxName} characters");

    private static Traces TracesOf(Principal principal, McpInstance instance, string action) =>
        Traces.Of(
            new AuditDraft
            {
                Environment = instance.Environment,
                Kind = AuditKind.Admin,
                Action = action,
                Principal = principal.ClientId,
                Identifier = instance.Identifier.Value,
                Detail = $"{instance.Id} {instance.Config.Name}",
            }
        );
}
