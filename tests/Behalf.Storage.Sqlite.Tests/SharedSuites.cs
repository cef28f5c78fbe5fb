using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

// The behaviour suite of all databases, on this one.

public sealed class SqliteWalks : WalkSuite
{
    private readonly TemporaryFolder _folder = new();

    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) =>
        SqliteUnderTest.OpenAsync(_folder.Database, time);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
