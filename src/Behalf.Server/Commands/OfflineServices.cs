using Behalf.Server.Hosting;
using Behalf.Storage.Sqlite;

namespace Behalf.Server.Commands;

/// <summary>The rooms without the doors, for verbs that work on a data folder beside a server or without one.</summary>
internal sealed class OfflineServices : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private OfflineServices(ServiceProvider services) => _services = services;

    /// <exception cref="StartupException">There is no such data folder.</exception>
    public static OfflineServices Open(string data, string? connectors = null)
    {
        DataFolder folder = new(data);
        if (!File.Exists(folder.Database))
        {
            throw new StartupException(
                $"{folder.Root} holds no database. Start the server once: behalf serve --data {folder.Root}"
            );
        }

        return Make(folder, connectors);
    }

    public static OfflineServices Make(DataFolder folder, string? connectors = null)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(folder);
        services.Configure<BehalfOptions>(options => options.ConnectorsFolder = connectors ?? ConnectorsFolder.Find());
        services.AddBehalf(folder);
        return new OfflineServices(services.BuildServiceProvider());
    }

    /// <summary>Takes the database, as a server does; nothing else may serve the folder meanwhile.</summary>
    /// <exception cref="StorageUnavailableException">Another process serves it.</exception>
    public Task OpenDatabaseAsync(CancellationToken cancellationToken) =>
        Get<SqliteDatabase>().OpenAsync(cancellationToken);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
