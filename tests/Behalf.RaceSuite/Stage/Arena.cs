using Behalf.RaceSuite.Provider;

namespace Behalf.RaceSuite.Stage;

/// <summary>What a scenario is played on.</summary>
internal enum Ground
{
    /// <summary>Two nodes on PostgreSQL.</summary>
    TwoNodes,

    /// <summary>One process on its own file.</summary>
    Sqlite,
}

/// <summary>What the scenarios share: the provider, one PostgreSQL with two nodes, and a folder for everything.</summary>
internal sealed class Arena(string folder, RotatingProvider provider, bool isQuick, int seed) : IAsyncDisposable
{
    private PostgreSqlCluster? _cluster;
    private Installation? _main;
    private Installation? _sqlite;
    private CutProxy? _network;

    public RotatingProvider Provider => provider;

    public bool IsQuick => isQuick;

    public int Seed => seed;

    public PostgreSqlCluster Cluster => _cluster ?? throw new StageException("There is no cluster yet.");

    /// <value>Between the second node and the database.</value>
    public CutProxy Network => _network ?? throw new StageException("There is no network yet.");

    public string FolderOf(string name)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(
                path,
                UnixFileMode.UserRead
                    | UnixFileMode.UserWrite
                    | UnixFileMode.UserExecute
                    | UnixFileMode.GroupExecute
                    | UnixFileMode.OtherExecute
            );
        }

        return path;
    }

    public Task<Installation> OnAsync(Ground ground) => ground == Ground.TwoNodes ? TwoNodesAsync() : SqliteAsync();

    private async Task<Installation> SqliteAsync()
    {
        if (_sqlite is null)
        {
            _sqlite = new Installation(FolderOf("sqlite"), provider, null);
            await _sqlite.StartAsync(string.Empty);
        }

        await _sqlite.First.StartAsync();
        return _sqlite;
    }

    /// <summary>Two nodes on one PostgreSQL, both alive whatever the scenario before did to them.</summary>
    public async Task<Installation> TwoNodesAsync()
    {
        if (_main is null)
        {
            _cluster = await PostgreSqlCluster.StartAsync(Path.Combine(FolderOf("main"), "postgresql"));
            _network = new CutProxy(_cluster.Port);
            _main = new Installation(FolderOf("main"), provider, _cluster.ConnectionString);
            await _main.StartAsync(
                _cluster.ConnectionString,
                PostgreSqlCluster.ConnectionStringAt(_network.Port) + ";Command Timeout=10"
            );
        }

        foreach (Node node in _main.Nodes)
        {
            await node.StartAsync();
        }

        return _main;
    }

    /// <summary>Two nodes on a database of their own, for a scenario that needs other settings or breaks what it stands on.</summary>
    public async Task<Installation> OwnAsync(string name, Action<Installation>? configure = null)
    {
        await TwoNodesAsync();
        string database = await Cluster.CreateDatabaseAsync(name.Replace('-', '_'));
        Installation own = new(FolderOf(name), provider, database);
        configure?.Invoke(own);
        await own.StartAsync(database, database);
        return own;
    }

    public async ValueTask DisposeAsync()
    {
        if (_main is not null)
        {
            await _main.DisposeAsync();
        }

        if (_sqlite is not null)
        {
            await _sqlite.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
