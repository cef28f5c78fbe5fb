using Behalf.Storage.SharedTests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

internal static class SqliteUnderTest
{
    /// <summary>In a folder of its own, which goes with it.</summary>
    public static async Task<StorageUnderTest> FreshAsync(FakeTimeProvider time)
    {
        TemporaryFolder folder = new();
        return await OpenAsync(folder.Database, time, owned: folder);
    }

    /// <summary>As a host does it: the container, then the database.</summary>
    public static async Task<StorageUnderTest> OpenAsync(
        string path,
        FakeTimeProvider time,
        string node = "node-1",
        IDisposable? owned = null
    )
    {
        ServiceProvider services = Services(path, time, node);
        await services.GetRequiredService<SqliteDatabase>().OpenAsync(TestContext.Current.CancellationToken);
        return new StorageUnderTest(services, time, owned);
    }

    public static ServiceProvider Services(string path, TimeProvider time, string node = "node-1")
    {
        ServiceCollection services = new();
        services.AddSingleton(time);
        services.Configure<BehalfOptions>(options => options.Node = node);
        services.AddSqliteStorage(options => options.DatabasePath = path);
        return services.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }
        );
    }
}
