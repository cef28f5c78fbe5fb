using System.Runtime.CompilerServices;
using Behalf.Storage.Sqlite.Engine;

namespace Behalf.Storage.Sqlite.Tests;

public sealed class DriverTests
{
    /// <summary>As a server's start does: before anything of the process opens a database.</summary>
    [ModuleInitializer]
    internal static void LoadFirst() => SqliteDatabase.LoadDriverAsync().GetAwaiter().GetResult();

    /// <summary>Each connection is one thread's at a time: locks would be paid for at every statement.</summary>
    [Fact]
    public void Driver_HasNoLocks_WhenItIsLoadedFirst() => ConnectionFactory.IsWithoutLocks.Should().BeTrue();
}
