using Behalf.Connectors.Custom;

namespace Behalf.Tests.Tools.Support;

/// <summary>Custom tools of one environment, as a store keeps them.</summary>
internal sealed class CustomToolsInMemory : ICustomToolStore
{
    private readonly List<CustomTool> _versions = [];

    public Task<string?> AddAsync(CustomTool tool, int mostTools, Traces traces, CancellationToken cancellationToken)
    {
        string? refused =
            _versions.Exists(v => v.Connector == tool.Connector && v.Name == tool.Name) ? "name"
            : _versions.Select(v => v.Id).Distinct().Count() >= mostTools ? "limit"
            : null;
        if (refused is null)
        {
            _versions.Add(tool);
        }

        return Task.FromResult(refused);
    }

    public Task<bool> AddVersionAsync(CustomTool version, Traces traces, CancellationToken cancellationToken)
    {
        bool follows =
            _versions.Exists(v => v.Id == version.Id)
            && !_versions.Exists(v => v.Id == version.Id && v.Version == version.Version);
        if (follows)
        {
            _versions.Add(version);
        }

        return Task.FromResult(follows);
    }

    public Task<IReadOnlyList<CustomTool>> ListDefaultsAsync(
        EnvironmentId environment,
        string connector,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<CustomTool>>([.. _versions.Where(v => v.IsDefault && v.Connector == connector)]);

    public Task<IReadOnlyList<CustomTool>> VersionsAsync(
        EnvironmentId environment,
        ToolId id,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<CustomTool>>([.. _versions.Where(v => v.Id == id).OrderBy(v => v.Version)]);

    public Task<IReadOnlyList<CustomTool>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CustomTool>>([.. _versions]);

    public Task<bool> SetDefaultAsync(
        EnvironmentId environment,
        ToolId id,
        ToolVersion version,
        Traces traces,
        CancellationToken cancellationToken
    )
    {
        if (!_versions.Exists(v => v.Id == id && v.Version == version))
        {
            return Task.FromResult(false);
        }

        for (int i = 0; i < _versions.Count; i++)
        {
            if (_versions[i].Id == id)
            {
                _versions[i] = _versions[i] with { IsDefault = _versions[i].Version == version };
            }
        }

        return Task.FromResult(true);
    }

    public Task<bool> RemoveAsync(
        EnvironmentId environment,
        ToolId id,
        Traces traces,
        CancellationToken cancellationToken
    ) => Task.FromResult(_versions.RemoveAll(v => v.Id == id) > 0);
}
