using System.Text.RegularExpressions;
using Behalf.Audit;
using Behalf.Connections;
using Behalf.Connectors;
using Behalf.Connectors.Custom;
using Behalf.Identity;

namespace Behalf.Tools.Custom;

/// <summary>
/// Creates, changes and removes the tools an environment defines. Only a service credential without limits may: a tool
/// reaches every account of its connector. Safe to call concurrently.
/// </summary>
internal sealed partial class CustomTools(
    ICustomToolStore store,
    IConnectorCatalog catalog,
    IConnections connections,
    TimeProvider time
)
{
    /// <value>In an environment.</value>
    public const int MostTools = 200;

    /// <value>Of one tool.</value>
    private const int MostVersions = 50;
    private const int PageSize = 200;
    private const int MaxTags = 20;
    private const int MaxTagLength = 50;

    public async Task<Result<ToolDefinition>> CreateAsync(
        Principal principal,
        NewTool wanted,
        CancellationToken cancellationToken
    )
    {
        Result<EnvironmentId> environment = Allowed(principal);
        if (!environment.Succeeded)
        {
            return environment.Problem;
        }

        IReadOnlyList<ConnectorDefinition> connectors = await RevisionsAsync(
            environment.Value,
            wanted.Connector,
            cancellationToken
        );
        if (connectors.Count == 0)
        {
            return Problem.NotFound("connector");
        }

        string name = BareName(wanted.Name, wanted.Connector);
        Result<string> hash = CustomToolReader.HashOf(name, wanted.Definition, wanted.Procedure);
        if (!hash.Succeeded)
        {
            return hash.Problem;
        }

        CustomTool tool = new()
        {
            Environment = environment.Value,
            Id = EntityId.New<ToolId>(time),
            Connector = wanted.Connector,
            Name = name,
            Version = ToolVersion.First,
            IsDefault = wanted.IsDefault ?? true,
            Definition = wanted.Definition,
            Procedure = wanted.Procedure,
            Hash = hash.Value,
            Tags = wanted.Tags,
            CreatedAt = time.GetUtcNow(),
        };
        Result<ToolDefinition> read = Check(tool, connectors);
        if (!read.Succeeded)
        {
            return read;
        }

        string? refused = await store.AddAsync(
            tool,
            MostTools,
            Traces.Of(Record(principal, tool, "tool.created")),
            cancellationToken
        );
        return refused switch
        {
            null => read,
            "limit" => new Problem(
                ProblemKind.FailedPrecondition,
                "too_many_tools",
                $"An environment has at most {MostTools} custom tools."
            ),
            _ => Taken(tool),
        };
    }

    /// <summary>What differs from the newest version becomes a version of its own, which is not the default.</summary>
    public async Task<Result<ToolDefinition>> UpdateAsync(
        Principal principal,
        ToolId id,
        NewTool wanted,
        CancellationToken cancellationToken
    )
    {
        Result<EnvironmentId> environment = Allowed(principal);
        if (!environment.Succeeded)
        {
            return environment.Problem;
        }

        IReadOnlyList<CustomTool> versions = await store.VersionsAsync(environment.Value, id, cancellationToken);
        if (versions is not [.., var newest])
        {
            return Problem.NotFound("tool");
        }

        if (wanted.Connector.Length > 0 && wanted.Connector != newest.Connector)
        {
            return Problem.Invalid("tool.provider", "immutable", "is not changed: create another tool");
        }

        if (BareName(wanted.Name, newest.Connector) != newest.Name)
        {
            return Problem.Invalid("tool.definition.name", "immutable", "is not changed: create another tool");
        }

        return await AddVersionAsync(principal, versions, newest, wanted, cancellationToken);
    }

    /// <summary>Chooses the version that is offered, by the tool's name.</summary>
    public async Task<Result<ToolDefinition>> SetDefaultAsync(
        Principal principal,
        string name,
        ToolVersion version,
        CancellationToken cancellationToken
    )
    {
        Result<EnvironmentId> environment = Allowed(principal);
        if (!environment.Succeeded)
        {
            return environment.Problem;
        }

        ILookup<ToolId, CustomTool> named = (await store.ListAsync(environment.Value, cancellationToken))
            .Where(tool => name == tool.Name || name == $"{tool.Connector}_{tool.Name}")
            .ToLookup(tool => tool.Id);
        if (named.Count > 1)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "ambiguous_tool",
                $"Several connectors have a custom tool {name}: {string.Join(", ", named.Select(versions => $"{versions.First().Connector}_{versions.First().Name}"))}. Use one of these names."
            );
        }

        CustomTool? chosen = named.SelectMany(versions => versions).FirstOrDefault(tool => tool.Version == version);
        if (chosen is null)
        {
            return Problem.NotFound("tool version");
        }

        Result<ToolDefinition> read = await CheckAsync(chosen with { IsDefault = true }, cancellationToken);
        if (!read.Succeeded)
        {
            return read;
        }

        Traces traces = Traces.Of(Record(principal, chosen, "tool.default_set"));
        return await store.SetDefaultAsync(chosen.Environment, chosen.Id, version, traces, cancellationToken)
            ? read
            : Problem.NotFound("tool version");
    }

    public async Task<Result<Done>> DeleteAsync(Principal principal, ToolId id, CancellationToken cancellationToken)
    {
        Result<EnvironmentId> environment = Allowed(principal);
        if (!environment.Succeeded)
        {
            return environment.Problem;
        }

        IReadOnlyList<CustomTool> versions = await store.VersionsAsync(environment.Value, id, cancellationToken);
        return
            versions is [.., var newest]
            && await store.RemoveAsync(
                environment.Value,
                id,
                Traces.Of(Record(principal, newest, "tool.deleted")),
                cancellationToken
            )
            ? Done.Value
            : Problem.NotFound("tool");
    }

    private async Task<Result<ToolDefinition>> AddVersionAsync(
        Principal principal,
        IReadOnlyList<CustomTool> versions,
        CustomTool newest,
        NewTool wanted,
        CancellationToken cancellationToken
    )
    {
        Result<string> hash = CustomToolReader.HashOf(newest.Name, wanted.Definition, wanted.Procedure);
        if (!hash.Succeeded)
        {
            return hash.Problem;
        }

        CustomTool next = newest with
        {
            IsDefault = false,
            Definition = wanted.Definition,
            Procedure = wanted.Procedure,
            Hash = hash.Value,
            Tags = wanted.Tags,
            CreatedAt = time.GetUtcNow(),
        };
        Result<ToolDefinition> before = await CheckAsync(newest, cancellationToken);
        Result<ToolDefinition> after = await CheckAsync(next, cancellationToken);
        if (!after.Succeeded || (next.Hash == newest.Hash && next.Tags.SequenceEqual(newest.Tags)))
        {
            return after.Succeeded ? before : after;
        }

        if (versions.Count >= MostVersions)
        {
            return new Problem(
                ProblemKind.FailedPrecondition,
                "too_many_versions",
                $"A tool has at most {MostVersions} versions: create another tool."
            );
        }

        bool sameSchema = before.Succeeded && ShownAlike(before.Value, after.Value);
        next = next with
        {
            Version = sameSchema
                ? newest.Version with
                {
                    Tool = newest.Version.Tool + 1,
                }
                : new ToolVersion(newest.Version.Schema + 1, 1),
        };
        Traces traces = Traces.Of(Record(principal, next, "tool.version_added"));
        return await store.AddVersionAsync(next, traces, cancellationToken)
            ? after.Value with
            {
                Custom = next,
            }
            : new Problem(
                ProblemKind.FailedPrecondition,
                "tool_changed",
                "The tool was changed at the same time. Look at it and try again."
            );
    }

    private async Task<Result<ToolDefinition>> CheckAsync(CustomTool tool, CancellationToken cancellationToken) =>
        Check(tool, await RevisionsAsync(tool.Environment, tool.Connector, cancellationToken));

    /// <summary>Against every revision that the environment uses, so that it works on each of its connections.</summary>
    private static Result<ToolDefinition> Check(CustomTool tool, IReadOnlyList<ConnectorDefinition> connectors)
    {
        if (!Name().IsMatch(tool.Name))
        {
            return Problem.Invalid("tool.definition.name", "pattern", "is 1 to 43 of a-z, 0-9 and _");
        }

        if (tool.Tags.Count > MaxTags || tool.Tags.Any(tag => tag.Length is 0 or > MaxTagLength))
        {
            return Problem.Invalid(
                "tool.tags",
                "max_items",
                $"are at most {MaxTags} of 1 to {MaxTagLength} characters"
            );
        }

        Result<ToolDefinition> read = Problem.NotFound("connector");
        foreach (ConnectorDefinition connector in connectors)
        {
            if (connector.Tools.Any(own => own.Name == tool.Name))
            {
                return Taken(tool);
            }

            read = CustomToolReader.Read(tool, connector);
            if (!read.Succeeded)
            {
                return read;
            }
        }

        return read;
    }

    /// <summary>What the environment's connections pin, and the newest.</summary>
    private async Task<IReadOnlyList<ConnectorDefinition>> RevisionsAsync(
        EnvironmentId environment,
        string slug,
        CancellationToken cancellationToken
    )
    {
        if (await catalog.FindLatestAsync(environment, slug, cancellationToken) is not { } latest)
        {
            return [];
        }

        HashSet<string> pinned = new(StringComparer.Ordinal);
        for (Guid? after = null; ; )
        {
            Page<ConnectionView> page = await connections.ListAsync(
                environment,
                new PageRequest(PageSize, after),
                cancellationToken
            );
            pinned.UnionWith(
                page.Items.Select(view => view.Connection)
                    .Where(connection => connection.Connector == slug)
                    .Select(connection => connection.ConnectorRevision)
            );
            if (page.Next is not { } next)
            {
                break;
            }

            after = next;
        }

        pinned.Remove(latest.Revision);
        List<ConnectorDefinition> definitions = [];
        foreach (string revision in pinned)
        {
            definitions.Add(await catalog.GetAsync(revision, cancellationToken));
        }

        return [.. definitions, latest];
    }

    private static Result<EnvironmentId> Allowed(Principal principal) =>
        principal is { Kind: PrincipalKind.ServiceClient, Environment: { } environment }
        && principal.Limits == CredentialLimits.None
            ? environment
            : Problem.Forbidden(
                "not_allowed",
                "Tools are defined by a service credential that is not limited to connections or tools."
            );

    /// <summary>Callers may write the connector's name before it, as in every other tool name.</summary>
    private static string BareName(string name, string connector) =>
        name.StartsWith($"{connector}_", StringComparison.Ordinal) ? name[(connector.Length + 1)..] : name;

    private static bool ShownAlike(ToolDefinition left, ToolDefinition right) =>
        left.Description == right.Description
        && CanonicalJson.Of(left.InputSchema) == CanonicalJson.Of(right.InputSchema);

    private static Problem Taken(CustomTool tool) =>
        new(
            ProblemKind.AlreadyExists,
            "tool_exists",
            $"The connector \"{tool.Connector}\" has a tool {tool.Name} in this environment."
        );

    private static AuditDraft Record(Principal principal, CustomTool tool, string action) =>
        new()
        {
            Environment = tool.Environment,
            Kind = AuditKind.Admin,
            Action = action,
            Principal = principal.ClientId,
            Tool = $"{tool.Connector}_{tool.Name}",
            Detail = $"{tool.Id} {tool.Version.Schema}.{tool.Version.Tool} {tool.Hash}",
        };

    [GeneratedRegex("^[a-z][a-z0-9_]{0,42}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}
