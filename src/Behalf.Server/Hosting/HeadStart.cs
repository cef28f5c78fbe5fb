using System.Runtime.CompilerServices;
using Behalf.Storage.PostgreSql;
using Behalf.Storage.Sqlite;
using Behalf.Wire.Administration;
using Behalf.Wire.ConnectedAccounts;
using Behalf.Wire.Connections;
using Behalf.Wire.Tools;
using Google.Protobuf.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Behalf.Server.Hosting;

/// <summary>
/// Loads and compiles on a second core what the start comes to later on, while the first core puts the server together. The
/// start waits for nothing of it, and finds out itself what does not work.
/// </summary>
internal static class HeadStart
{
    public static void Begin(DatabaseChoice database)
    {
        _ = TryAsync(() => TryDatabaseAsync(database));
        _ = TryAsync(ReadWireAsync);
    }

    private static async Task TryAsync(Func<Task> work)
    {
        try
        {
            await Task.Run(work);
        }
#pragma warning disable CA1031 // whatever it is, the start meets it where it has words for it
        catch (Exception)
#pragma warning restore CA1031
        {
            // The start comes to it without an advantage.
        }
    }

    /// <summary>The largest; what they import comes with them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task ReadWireAsync()
    {
        FileDescriptor[] files =
        [
            ConnectedAccountsReflection.Descriptor,
            ToolsReflection.Descriptor,
            ConnectionsReflection.Descriptor,
            AdministrationReflection.Descriptor,
        ];
        GC.KeepAlive(files);
        return Task.CompletedTask;
    }

    private static async Task TryDatabaseAsync(DatabaseChoice database)
    {
        if (database.ConnectionString is not { } server)
        {
            await SqliteDatabase.LoadDriverAsync(); // not at the file, which the start wants for itself
            return;
        }

        await using PostgreSqlDatabase looked = new(
            Options.Create(new PostgreSqlStorageOptions { ConnectionString = server }),
            Options.Create(new BehalfOptions()),
            TimeProvider.System,
            new SharedClock(TimeProvider.System),
            NullLogger<PostgreSqlDatabase>.Instance
        );
        await looked.CheckAsync(CancellationToken.None);
    }
}
