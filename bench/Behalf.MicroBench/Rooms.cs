using Behalf.Identity;
using Behalf.Server.Commands;
using Behalf.Server.Hosting;
using Behalf.Vault;

namespace Behalf.MicroBench;

/// <summary>The product's rooms over an SQLite of their own, as at a first start.</summary>
internal sealed class Rooms : IAsyncDisposable
{
    private readonly string _folder;
    private readonly OfflineServices _services;

    private Rooms(string folder, OfflineServices services, DeploymentEnvironment environment) =>
        (_folder, _services, Environment) = (folder, services, environment);

    public DeploymentEnvironment Environment { get; }

    public static async Task<Rooms> OpenAsync()
    {
        string folder = Directory.CreateTempSubdirectory("behalf-micro-").FullName;
        RootKeyFile.Create(Path.Combine(folder, "root.key"));
        OfflineServices services = OfflineServices.Make(new DatabaseChoice(new DataFolder(folder), null, null));
        await services.OpenDatabaseAsync(CancellationToken.None);
        await services.Get<IVaultOpener>().OpenAsync(CancellationToken.None);
        await services.Get<IIdentity>().BootstrapAsync((_, _) => Task.CompletedTask, CancellationToken.None);
        return new Rooms(
            folder,
            services,
            (await services.Get<IIdentity>().ListEnvironmentsAsync(CancellationToken.None))[0]
        );
    }

    public T Get<T>()
        where T : notnull => _services.Get<T>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
