using Behalf.Storage.SharedTests;
using Microsoft.Extensions.Time.Testing;

namespace Behalf.Storage.PostgreSql.Tests;

// The behaviour suite of all databases, on this one.

public sealed class PostgreSqlWalks : WalkSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlIdentity : IdentitySuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlKeyRings : KeyRingSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlIsolation : IsolationSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlPeopleIsolation : PeopleIsolationSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlConnections : ConnectionSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlAccounts : AccountSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlRecovery : RecoverySuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlAuditUpkeep : AuditUpkeepSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlAccountLists : AccountListSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlFlows : FlowSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlRefreshes : RefreshSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlAudit : AuditSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlCallStarts : CallStartSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlRepeats : RepeatSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlCustomTools : CustomToolSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlOwnConnectors : OwnConnectorSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlPeople : PeopleSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}

public sealed class PostgreSqlOwnGrants : OwnGrantSuite
{
    protected override Task<StorageUnderTest> OpenAsync(FakeTimeProvider time) => PostgreSqlUnderTest.FreshAsync(time);
}
