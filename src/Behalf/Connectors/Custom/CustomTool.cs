namespace Behalf.Connectors.Custom;

/// <summary>
/// One version of a tool that an environment defined for a connector, as data. A version never changes: another
/// definition is another version, and only the default one is offered.
/// </summary>
public sealed record CustomTool
{
    public required EnvironmentId Environment { get; init; }

    /// <value>Of the tool; all its versions share it.</value>
    public required ToolId Id { get; init; }

    /// <value>The connector's slug.</value>
    public required string Connector { get; init; }

    /// <value>Without any prefix, such as <c>archive_task</c>; unique in (environment, connector).</value>
    public required string Name { get; init; }

    public required ToolVersion Version { get; init; }

    public required bool IsDefault { get; init; }

    /// <value>What a model is shown, as JSON text: the keys of a tool's definition on the wire.</value>
    public required string Definition { get; init; }

    /// <value>How it is carried out, as JSON text: scopes and request or steps of the connector format.</value>
    public required string Procedure { get; init; }

    /// <value>Digest of both texts: what was accepted is what is run.</value>
    public required string Hash { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <param name="Schema">Grows when what a model is shown (name, description, input) changes.</param>
/// <param name="Tool">Grows when anything else does; begins at 1 for each schema.</param>
public readonly record struct ToolVersion(int Schema, int Tool) : IComparable<ToolVersion>
{
    public static ToolVersion First { get; } = new(1, 1);

    public int CompareTo(ToolVersion other) => (Schema, Tool).CompareTo((other.Schema, other.Tool));

    public static bool operator <(ToolVersion left, ToolVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(ToolVersion left, ToolVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(ToolVersion left, ToolVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ToolVersion left, ToolVersion right) => left.CompareTo(right) >= 0;
}

/// <summary>Custom tools of an environment. Versions are inserted and removed with their tool, never altered.</summary>
public interface ICustomToolStore
{
    /// <summary>Adds the first version of a tool.</summary>
    /// <returns>Null when it was added; else <c>name</c> (taken in this connector) or <c>limit</c>.</returns>
    Task<string?> AddAsync(CustomTool tool, int mostTools, Traces traces, CancellationToken cancellationToken);

    /// <returns>False when the tool is gone or has this version already.</returns>
    Task<bool> AddVersionAsync(CustomTool version, Traces traces, CancellationToken cancellationToken);

    /// <summary>The default versions for one connector, in the order of their ids.</summary>
    Task<IReadOnlyList<CustomTool>> ListDefaultsAsync(
        EnvironmentId environment,
        string connector,
        CancellationToken cancellationToken
    );

    /// <returns>All versions, the oldest first; empty when there is no such tool.</returns>
    Task<IReadOnlyList<CustomTool>> VersionsAsync(
        EnvironmentId environment,
        ToolId id,
        CancellationToken cancellationToken
    );

    /// <returns>All versions of all tools of the environment, by id and version.</returns>
    Task<IReadOnlyList<CustomTool>> ListAsync(EnvironmentId environment, CancellationToken cancellationToken);

    /// <returns>False when there is no such version.</returns>
    Task<bool> SetDefaultAsync(
        EnvironmentId environment,
        ToolId id,
        ToolVersion version,
        Traces traces,
        CancellationToken cancellationToken
    );

    /// <summary>Removes all versions.</summary>
    /// <returns>False when there is no such tool.</returns>
    Task<bool> RemoveAsync(EnvironmentId environment, ToolId id, Traces traces, CancellationToken cancellationToken);
}
