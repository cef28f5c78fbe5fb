using System.Runtime.CompilerServices;
using Behalf.Storage.PostgreSql;
using Behalf.Wire.Administration;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Connections;
using Behalf.Wire.Tools;
using Dapper;
using Google.Protobuf.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Hosting;

/// <summary>
/// Loads and compiles on a second core what the start comes to later on, while the first core puts the server together. The
/// start waits for nothing of it and finds out itself what does not work.
/// </summary>
internal static class HeadStart
{
    public static void Begin(DatabaseChoice database) =>
        _ = Task.WhenAll(Task.Run(() => TryDatabaseAsync(database)), Task.Run(ReadWire));

    /// <summary>The largest; what they import comes with them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReadWire()
    {
        FileDescriptor[] files =
        [
            ConnectedAccountsReflection.Descriptor,
            ToolsReflection.Descriptor,
            ConnectionsReflection.Descriptor,
            AdministrationReflection.Descriptor,
        ];
        GC.KeepAlive(files);
    }

    private static Task TryDatabaseAsync(DatabaseChoice database) =>
        database.ConnectionString is { } server ? LookAsync(server) : TryDriverAsync();

    /// <summary>Not at the file, which the start wants for itself.</summary>
    private static async Task TryDriverAsync()
    {
        await using SqliteConnection connection = new("Data Source=:memory:;Pooling=false");
        await connection.OpenAsync();
        await connection.ExecuteScalarAsync<long>("SELECT 1");
    }

    private static async Task LookAsync(string server)
    {
        try
        {
            await using PostgreSqlDatabase database = new(
                Options.Create(new PostgreSqlStorageOptions { ConnectionString = server }),
                Options.Create(new BehalfOptions()),
                TimeProvider.System,
                new SharedClock(TimeProvider.System),
                NullLogger<PostgreSqlDatabase>.Instance
            );
            await database.CheckAsync(CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // The start says what is wrong with it.
        }
    }
}
