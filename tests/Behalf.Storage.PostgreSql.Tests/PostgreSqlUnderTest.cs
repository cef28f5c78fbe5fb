using Behalf.Storage.SharedTests;
using Behalf.TestPostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace Behalf.Storage.PostgreSql.Tests;

internal static class PostgreSqlUnderTest
{
    /// <summary>In a database of its own, whose locale sorts otherwise than bytes do.</summary>
    public static async Task<StorageUnderTest> FreshAsync(FakeTimeProvider time) =>
        await OpenAsync(await PostgreSqlServer.CreateDatabaseAsync(icuLocale: "und"), time);

    /// <summary>As a host does it: the container, then the database.</summary>
    public static async Task<StorageUnderTest> OpenAsync(
        string connectionString,
        FakeTimeProvider time,
        string node = "node-1",
        TimeSpan? heartbeat = null
    )
    {
        ServiceProvider services = Services(connectionString, time, node, heartbeat);
        await services.GetRequiredService<PostgreSqlDatabase>().OpenAsync(TestContext.Current.CancellationToken);
        return new StorageUnderTest(services, time);
    }

    public static ServiceProvider Services(
        string connectionString,
        TimeProvider time,
        string node = "node-1",
        TimeSpan? heartbeat = null
    )
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddSingleton(time);
        services.Configure<BehalfOptions>(options => options.Node = node);
        services.AddPostgreSqlStorage(options =>
        {
            options.ConnectionString = connectionString;
            options.Heartbeat = heartbeat ?? options.Heartbeat;
        });
        return services.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true }
        );
    }
}
