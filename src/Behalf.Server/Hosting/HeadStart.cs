using System.Data.Common;
using System.Runtime.CompilerServices;
using Behalf.Wire.Administration;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Connections;
using Behalf.Wire.Tools;
using Dapper;
using Google.Protobuf.Reflection;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Behalf.Server.Hosting;

/// <summary>
/// Loads and compiles on a second core what the start comes to later on, while the first core puts the server together. The
/// start waits for nothing of it and finds out itself what does not work.
/// </summary>
internal static class HeadStart
{
    public static void Begin(DatabaseChoice database) =>
        _ = Task.WhenAll(Task.Run(() => TryDriverAsync(database)), Task.Run(ReadWire));

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

    private static async Task TryDriverAsync(DatabaseChoice database)
    {
        try
        {
            await using DbConnection connection = database.ConnectionString is { } server
                ? new NpgsqlConnection($"{server};Pooling=false")
                : new SqliteConnection("Data Source=:memory:;Pooling=false");
            await connection.OpenAsync();
            await connection.ExecuteScalarAsync<long>("SELECT 1");
        }
        catch (Exception e) when (e is DbException or ArgumentException or TimeoutException)
        {
            // The start says what is wrong with the database.
        }
    }
}
