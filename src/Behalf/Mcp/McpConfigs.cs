using System.Text.RegularExpressions;
using Behalf.Audit;
using Behalf.Identity;

namespace Behalf.Mcp;

/// <summary>Adds, finds, changes and removes configs.</summary>
internal sealed partial class McpConfigs(IMcpConfigStore store, McpMappings mappings, TimeProvider time)
{
    private const int MaxDescription = 1_000;

    public async Task<Result<McpConfig>> CreateAsync(
        EnvironmentId environment,
        Principal principal,
        NewMcpConfig wanted,
        CancellationToken cancellationToken
    )
    {
        if (wanted.Name is { } name && !Name().IsMatch(name))
        {
            return Problem.Invalid("config.name", "pattern", "is 1 to 100 of a-z, 0-9, _ and -");
        }

        if (wanted.Description.Length > MaxDescription)
        {
            return TooLong();
        }

        Result<IReadOnlyList<McpMapping>> checkedMappings = await mappings.CheckAsync(
            environment,
            wanted.Mappings,
            cancellationToken
        );
        if (!checkedMappings.Succeeded)
        {
            return checkedMappings.Problem;
        }

        McpConfig config = new()
        {
            Environment = environment,
            Id = EntityId.New<McpConfigId>(time),
            Name = wanted.Name,
            Identifier = wanted.Identifier,
            Description = wanted.Description,
            Mappings = checkedMappings.Value,
            Server = Guid.NewGuid(),
            UpdatedAt = time.GetUtcNow(),
            RowVersion = 1,
        };
        return await store.AddConfigAsync(config, TracesOf(principal, config, "mcp_config.added"), cancellationToken)
            ? config
            : new Problem(ProblemKind.AlreadyExists, "name_taken", $"There is a config named {config.Name} already.");
    }

    public async Task<Result<McpConfig>> FindAsync(
        EnvironmentId environment,
        McpConfigId id,
        CancellationToken cancellationToken
    ) => await store.FindConfigAsync(environment, id, cancellationToken) is { } config ? config : NotFound();

    public async Task<Result<McpConfig>> FindAsync(
        EnvironmentId environment,
        string name,
        CancellationToken cancellationToken
    ) => await store.FindConfigAsync(environment, name, cancellationToken) is { } config ? config : NotFound();

    public Task<Page<McpConfig>> ListAsync(
        McpConfigFilter filter,
        PageRequest page,
        CancellationToken cancellationToken
    ) => store.ListConfigsAsync(filter, page, cancellationToken);

    public async Task<Result<McpConfig>> UpdateAsync(
        EnvironmentId environment,
        Principal principal,
        McpConfigId id,
        string description,
        IReadOnlyList<NewMcpMapping> wanted,
        CancellationToken cancellationToken
    )
    {
        if (description.Length > MaxDescription)
        {
            return TooLong();
        }

        if (await store.FindConfigAsync(environment, id, cancellationToken) is not { } config)
        {
            return NotFound();
        }

        IReadOnlyList<McpMapping> mapped = config.Mappings;
        if (wanted.Count > 0)
        {
            Result<IReadOnlyList<McpMapping>> accepted = await mappings.CheckAsync(
                environment,
                wanted,
                cancellationToken
            );
            if (!accepted.Succeeded)
            {
                return accepted.Problem;
            }

            mapped = accepted.Value;
        }

        McpConfig changed = config with { Description = description, Mappings = mapped };
        Traces traces = TracesOf(principal, changed, "mcp_config.changed");
        if (!await store.UpdateConfigAsync(changed, traces, cancellationToken))
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "config_changed",
                "The config was changed at the same time. Look at it and try again."
            );
        }

        return await FindAsync(environment, id, cancellationToken);
    }

    public async Task<Result<Done>> RemoveAsync(
        EnvironmentId environment,
        Principal principal,
        McpConfigId id,
        CancellationToken cancellationToken
    ) =>
        await store.FindConfigAsync(environment, id, cancellationToken) is { } config
        && await store.RemoveConfigAsync(
            environment,
            id,
            TracesOf(principal, config, "mcp_config.removed"),
            cancellationToken
        )
            ? Done.Value
            : NotFound();

    private static Problem NotFound() => Problem.NotFound("MCP config");

    private static Problem TooLong() =>
        Problem.Invalid("description", "max_len", $"is longer than {MaxDescription} characters");

    private static Traces TracesOf(Principal principal, McpConfig config, string action) =>
        Traces.Of(
            new AuditDraft
            {
                Environment = config.Environment,
                Kind = AuditKind.Admin,
                Action = action,
                Principal = principal.ClientId,
                Identifier = config.Identifier?.Value,
                Detail =
                    $"{config.Id} {config.Name}: {string.Join(", ", config.Mappings.Select(mapping => mapping.ConnectionName))}",
            }
        );

    [GeneratedRegex("^[a-z0-9_-]{1,100}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
