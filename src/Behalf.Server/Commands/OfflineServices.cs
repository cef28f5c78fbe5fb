using Behalf.Server.Hosting;

namespace Behalf.Server.Commands;

/// <summary>The rooms without the doors, for verbs that work on a data folder beside a server or without one.</summary>
internal sealed class OfflineServices : IAsyncDisposable
{
    /// <summary>Never a server's name: whoever takes a name takes it from the one who has it.</summary>
    private const string Node = "offline";

    private readonly ServiceProvider _services;

    private OfflineServices(ServiceProvider services) => _services = services;

    /// <exception cref="StartupException">There is no such data folder.</exception>
    public static OfflineServices Open(DatabaseChoice database, string? connectors = null)
    {
        DataFolder folder = database.Folder;
        if (!database.IsPostgreSql && !File.Exists(folder.Database))
        {
            throw new StartupException(
                $"{folder.Root} holds no database. Start the server once: behalf serve --data {folder.Root}"
            );
        }

        return Make(database, connectors);
    }

    /// <param name="privateOrigins">That may be called, as the server is started with them.</param>
    public static OfflineServices Make(
        DatabaseChoice database,
        string? connectors = null,
        IReadOnlyList<string>? privateOrigins = null
    )
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(database.Folder);
        services.Configure<BehalfOptions>(options =>
        {
            options.ConnectorsFolder = connectors ?? ConnectorsFolder.Find();
            options.Node = Node;
            foreach (string origin in privateOrigins ?? [])
            {
                options.AllowedPrivateOrigins.Add(origin);
            }
        });
        services.AddBehalf(database);
        return new OfflineServices(services.BuildServiceProvider());
    }

    /// <summary>Takes the database, as a server does; on SQLite nothing else may serve the folder meanwhile.</summary>
    /// <exception cref="StorageUnavailableException">Another process serves it.</exception>
    public Task OpenDatabaseAsync(CancellationToken cancellationToken) => Get<IDatabase>().OpenAsync(cancellationToken);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
