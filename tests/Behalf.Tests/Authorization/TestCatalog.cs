using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Behalf.Connectors;

namespace Behalf.Tests.Authorization;

/// <summary>Definitions made by tests: one connector per OAuth profile.</summary>
internal sealed class TestCatalog : IConnectorCatalog
{
    private readonly ConcurrentDictionary<string, ConnectorDefinition> _bySlug = new(StringComparer.Ordinal);

    /// <value>A revision that cannot be read; null: all can.</value>
    public string? Broken { get; set; }

    public ConnectorDefinition Add(string origin, Func<OAuthProfile, OAuthProfile> change)
    {
        int number = _bySlug.Count + 1;
        var definition = new ConnectorDefinition
        {
            Revision = number.ToString("x64"),
            Slug = $"provider{number}",
            Name = "Test provider",
            Description = "A provider for tests.",
            BaseUrl = new Uri($"{origin}/api"),
            OAuth = change(
                new OAuthProfile
                {
                    Origin = new Uri(origin),
                    AuthorizePath = "/authorize",
                    TokenPath = "/token",
                    RevokePath = "/revoke",
                    DefaultScopes = ScopeSet.Of(["tasks:read", "tasks:write"]),
                    IdentityIdPath = "data.gid",
                    IdentityNamePath = "data.name",
                }
            ),
            Tools =
            [
                Tool("list_tasks", "List tasks", "tasks:read", ToolHints.ReadOnly),
                Tool("create_task", "Create a task", "tasks:write", ToolHints.None),
                Tool("delete_task", "Delete a task", "tasks:write", ToolHints.Destructive),
                Tool("list_goals", "List goals", "goals:read", ToolHints.ReadOnly),
            ],
            Procedures = new Dictionary<string, Procedure>(StringComparer.Ordinal),
        };
        _bySlug[definition.Slug] = definition;
        return definition;
    }

    public Task<IReadOnlyList<ConnectorDefinition>> ListAsync(
        EnvironmentId? environment,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<ConnectorDefinition>>([.. _bySlug.Values]);

    public Task<ConnectorDefinition?> FindLatestAsync(
        EnvironmentId? environment,
        string slug,
        CancellationToken cancellationToken
    ) => Task.FromResult(_bySlug.GetValueOrDefault(slug));

    public ValueTask<ConnectorDefinition> GetAsync(string revision, CancellationToken cancellationToken) =>
        revision == Broken
            ? throw new InvalidOperationException($"Revision {revision} does not load.")
            : ValueTask.FromResult(_bySlug.Values.Single(definition => definition.Revision == revision));

    public Task SeedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WarmAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Result<ConnectorDefinition> Read(string yaml) =>
        throw new NotSupportedException("Definitions of this catalog are made in code.");

    private static ToolDefinition Tool(string name, string title, string scope, ToolHints hints) =>
        new()
        {
            Name = name,
            Title = title,
            Description = title,
            InputSchema = new JsonObject(),
            NeededScopes = ScopeSet.Of([scope]),
            Hints = hints,
            Category = "tasks",
            Hash = name,
            Procedure = new Procedure(),
        };
}
