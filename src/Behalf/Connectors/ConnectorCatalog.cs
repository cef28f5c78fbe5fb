using System.Collections.Concurrent;
using Behalf.Connectors.Document;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Behalf.Connectors;

/// <summary>
/// Definitions by revision, parsed once per node: a revision never changes, so it is kept for good. Safe to call
/// concurrently.
/// </summary>
internal sealed partial class ConnectorCatalog(
    IConnectorRevisionStore store,
    IOptions<BehalfOptions> options,
    ILogger<ConnectorCatalog> logger
) : IConnectorCatalog
{
    private readonly ConcurrentDictionary<string, ConnectorDefinition> _parsed = new(StringComparer.Ordinal);

    /// <summary>By revision, while it is read: reading takes much longer than waiting for another caller who does.</summary>
    private readonly ConcurrentDictionary<string, Lazy<Task<ConnectorDefinition>>> _loading = new(
        StringComparer.Ordinal
    );

    public async Task<IReadOnlyList<ConnectorDefinition>> ListAsync(
        EnvironmentId? environment,
        CancellationToken cancellationToken
    )
    {
        List<ConnectorDefinition> definitions = [];
        foreach ((_, string revision) in await LatestAsync(environment, cancellationToken))
        {
            definitions.Add(await GetAsync(revision, cancellationToken));
        }

        return [.. definitions.OrderBy(definition => definition.Slug, StringComparer.Ordinal)];
    }

    public async Task<ConnectorDefinition?> FindLatestAsync(
        EnvironmentId? environment,
        string slug,
        CancellationToken cancellationToken
    )
    {
        foreach ((string found, string revision) in await LatestAsync(environment, cancellationToken))
        {
            if (found == slug)
            {
                return await GetAsync(revision, cancellationToken);
            }
        }

        return null;
    }

    public ValueTask<ConnectorDefinition> GetAsync(string revision, CancellationToken cancellationToken) =>
        _parsed.TryGetValue(revision, out ConnectorDefinition? known)
            ? ValueTask.FromResult(known)
            : new ValueTask<ConnectorDefinition>(JoinAsync(revision, cancellationToken));

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        string root = options.Value.ConnectorsFolder;
        if (!Directory.Exists(root))
        {
            Log.NoFolder(logger, root);
            return;
        }

        HashSet<string> latest = [.. (await store.ListLatestAsync(cancellationToken)).Select(one => one.Revision)];
        foreach (string folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (!File.Exists(Path.Combine(folder, ConnectorFolder.MainFile)))
            {
                continue;
            }

            string document = await ConnectorFolder.ReadAsync(folder, cancellationToken);
            if (latest.Contains(Digest.Of(document).Hex))
            {
                continue;
            }

            Result<ConnectorDefinition> read = Read(document);
            if (!read.Succeeded)
            {
                throw new InvalidOperationException(
                    $"The bundled connector in '{Path.GetFileName(folder)}' is refused: {read.Problem.Message}"
                );
            }

            ConnectorDefinition definition = read.Value;
            await store.PutAsync(definition.Revision, definition.Slug, document, "bundled", cancellationToken);
            _parsed.TryAdd(definition.Revision, definition);
            Log.Seeded(logger, definition.Slug, definition.Tools.Count, definition.Revision);
        }
    }

    public async Task WarmAsync(CancellationToken cancellationToken)
    {
        foreach (string revision in await store.ListPinnedAsync(cancellationToken))
        {
            try
            {
                await GetAsync(revision, cancellationToken);
            }
            catch (InvalidOperationException exception)
            {
                Log.Unreadable(logger, exception.Message);
            }
        }
    }

    public Result<ConnectorDefinition> Read(string yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        try
        {
            return DefinitionReader.Read(yaml);
        }
        catch (DefinitionFault fault)
        {
            return Problem.Invalid(
                "invalid_definition",
                $"{ConnectorFolder.Locate(yaml, fault.Line)}: {fault.Message}"
            );
        }
    }

    /// <summary>An environment's own connector stays what its slug means there, whatever is bundled later.</summary>
    private async Task<IEnumerable<(string Slug, string Revision)>> LatestAsync(
        EnvironmentId? environment,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<(string Slug, string Revision)> bundled = await store.ListLatestAsync(cancellationToken);
        if (environment is not { } owner)
        {
            return bundled;
        }

        IReadOnlyList<(string Slug, string Revision)> own = await store.ListOwnAsync(owner, cancellationToken);
        return own.Concat(bundled.Where(one => own.All(other => other.Slug != one.Slug)));
    }

    /// <summary>One reading for all who wait; nobody's leaving ends it.</summary>
    private async Task<ConnectorDefinition> JoinAsync(string revision, CancellationToken cancellationToken)
    {
        Lazy<Task<ConnectorDefinition>> flight = _loading.GetOrAdd(
            revision,
            static (key, catalog) =>
                new Lazy<Task<ConnectorDefinition>>(() =>
                    Task.Run(() => catalog.LoadAsync(key, CancellationToken.None))
                ),
            this
        );
        try
        {
            return await flight.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (flight.Value.IsCompleted)
            {
                _loading.TryRemove(new KeyValuePair<string, Lazy<Task<ConnectorDefinition>>>(revision, flight));
            }
        }
    }

    private async Task<ConnectorDefinition> LoadAsync(string revision, CancellationToken cancellationToken)
    {
        if (_parsed.TryGetValue(revision, out ConnectorDefinition? known))
        {
            return known;
        }

        string document =
            await store.FindAsync(revision, cancellationToken)
            ?? throw new InvalidOperationException($"The connector revision {revision} is not stored.");
        if (Digest.Of(document).Hex != revision)
        {
            throw new InvalidOperationException($"The stored connector document {revision} was altered.");
        }

        Result<ConnectorDefinition> read = Read(document);
        return read.Succeeded
            ? _parsed.GetOrAdd(revision, read.Value)
            : throw new InvalidOperationException(
                $"The connector revision {revision} cannot be read by this version: {read.Problem.Message}"
            );
    }

    private static partial class Log
    {
        [LoggerMessage(3100, LogLevel.Information, "Connector {Slug}: {Tools} tools, revision {Revision}")]
        public static partial void Seeded(ILogger logger, string slug, int tools, string revision);

        [LoggerMessage(3102, LogLevel.Error, "A connector that connections use: {Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);

        [LoggerMessage(3101, LogLevel.Warning, "The connectors folder {Folder} does not exist: nothing is seeded")]
        public static partial void NoFolder(ILogger logger, string folder);
    }
}
