using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.Sqlite.Tests;

// The behaviour suite of all databases, on this one.

public sealed class SqliteWalks : WalkSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteIdentity : IdentitySuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteIsolation : IsolationSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqlitePeopleIsolation : PeopleIsolationSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteConnections : ConnectionSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteAccounts : AccountSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteRecovery : RecoverySuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteAuditUpkeep : AuditUpkeepSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteAccountLists : AccountListSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteFlows : FlowSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteRefreshes : RefreshSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteAudit : AuditSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteCallStarts : CallStartSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteRepeats : RepeatSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteExecutions : ExecutionSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteCustomTools : CustomToolSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteEvents : EventSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteMcp : McpSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteOwnConnectors : OwnConnectorSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteKeyRings : KeyRingSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqlitePeople : PeopleSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}

public sealed class SqliteOwnGrants : OwnGrantSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => SqliteUnderTest.FreshAsync(time);
}
